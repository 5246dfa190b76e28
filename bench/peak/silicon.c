/*
 * What one core multiplies and adds a second at most: loops of the instructions that matrix products are made of, on
 * registers alone. Prints "int8 INSTRUCTION GOP/s" and "fp32 INSTRUCTION GOP/s" for each that the CPU has; a multiply-add
 * is two operations. int8 is uint8 x int8, added up in int32.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#define ROUNDS 1000000L
#define TRIES 7

/* CPU time: other processes may take the core meanwhile. */
static double cpu_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec + 1e-9 * now.tv_nsec;
}

/* The best of a few tries of a loop that does so many operations a round. */
static void print_peak(const char *type, const char *instruction, void (*loop)(void), double operations) {
  double best = 1e9;
  for (int try = 0; try < TRIES; try++) {
    double start = cpu_seconds();
    loop();
    double took = cpu_seconds() - start;
    if (took < best) best = took;
  }
  printf("%s %s %.1f\n", type, instruction, 1e-9 * operations * ROUNDS / best);
}

/* Twelve sums that do not wait for one another: more than an instruction's latency times those that begin in a cycle. */
#define SUMS 12
#define TWELVE(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11)

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The whole loop is assembly, so that the compiler needs no leave to use the instructions. */
#define LOOP(NAME, BODY)                                                                                          \
  static void NAME(void) {                                                                                        \
    __asm__ volatile("vzeroall\nmov %0, %%rcx\n1:\n" BODY "dec %%rcx\njnz 1b\nvzeroupper\n"                       \
                     :                                                                                            \
                     : "r"(ROUNDS)                                                                                \
                     : "rcx", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",       \
                       "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");                             \
  }

#define VNNI512(n) "vpdpbusd %%zmm13, %%zmm12, %%zmm" #n "\n"
#define VNNI256(n) "%{vex%} vpdpbusd %%ymm13, %%ymm12, %%ymm" #n "\n"
/* Without VNNI: bytes to pairs, pairs to fours, and the sum. */
#define PAIRS512(n) "vpmaddubsw %%zmm13, %%zmm12, %%zmm14\nvpmaddwd %%zmm15, %%zmm14, %%zmm14\nvpaddd %%zmm14, %%zmm" #n ", %%zmm" #n "\n"
#define PAIRS256(n) "vpmaddubsw %%ymm13, %%ymm12, %%ymm14\nvpmaddwd %%ymm15, %%ymm14, %%ymm14\nvpaddd %%ymm14, %%ymm" #n ", %%ymm" #n "\n"
#define FMA512(n) "vfmadd231ps %%zmm13, %%zmm12, %%zmm" #n "\n"
#define FMA256(n) "vfmadd231ps %%ymm13, %%ymm12, %%ymm" #n "\n"
LOOP(vnni512, TWELVE(VNNI512))
LOOP(vnni256, TWELVE(VNNI256))
LOOP(pairs512, TWELVE(PAIRS512))
LOOP(pairs256, TWELVE(PAIRS256))
LOOP(fma512, TWELVE(FMA512))
LOOP(fma256, TWELVE(FMA256))

/* Products of two tiles of 16 x 64 bytes, added to four of 16 x 16. */
#define TILES 4
static void amx(void) {
  struct { uint8_t palette, start; uint8_t reserved[14]; uint16_t bytes[16]; uint8_t rows[16]; } config = {.palette = 1};
  for (int tile = 0; tile < 8; tile++) config.bytes[tile] = 64, config.rows[tile] = 16;
  __asm__ volatile(
      "ldtilecfg %0\ntilezero %%tmm0\ntilezero %%tmm1\ntilezero %%tmm2\ntilezero %%tmm3\ntilezero %%tmm4\ntilezero %%tmm5\n"
      "mov %1, %%rcx\n1:\n"
      "tdpbusd %%tmm5, %%tmm4, %%tmm0\ntdpbusd %%tmm5, %%tmm4, %%tmm1\n"
      "tdpbusd %%tmm5, %%tmm4, %%tmm2\ntdpbusd %%tmm5, %%tmm4, %%tmm3\n"
      "dec %%rcx\njnz 1b\ntilerelease\n"
      :
      : "m"(config), "r"(ROUNDS)
      : "rcx", "cc");
}

/* Whether the CPU has AMX for int8, and the system lets this process use it. */
static int has_amx(void) {
  unsigned a, b, c, d;
  const int request_permission = 0x1023, tile_data = 18;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d >> 24 & 1) && (d >> 25 & 1) &&
         syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}

static int has_avx_vnni(void) {
  unsigned a, b, c, d;
  return __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a >> 4 & 1);
}

int main(void) {
  __builtin_cpu_init();
  int avx512 = __builtin_cpu_supports("avx512bw");
  if (has_amx()) print_peak("int8", "AMX", amx, 2.0 * 16 * 16 * 64 * TILES);
  if (__builtin_cpu_supports("avx512vnni")) print_peak("int8", "AVX-512-VNNI", vnni512, 2.0 * 64 * SUMS);
  if (has_avx_vnni()) print_peak("int8", "AVX-VNNI", vnni256, 2.0 * 32 * SUMS);
  if (avx512) print_peak("int8", "AVX-512-vpmaddubsw", pairs512, 2.0 * 64 * SUMS);
  if (__builtin_cpu_supports("avx2")) print_peak("int8", "AVX2-vpmaddubsw", pairs256, 2.0 * 32 * SUMS);
  if (avx512) print_peak("fp32", "AVX-512-FMA", fma512, 2.0 * 16 * SUMS);
  if (__builtin_cpu_supports("fma")) print_peak("fp32", "AVX2-FMA", fma256, 2.0 * 8 * SUMS);
  return 0;
}

#elif defined(__aarch64__)
#include <sys/auxv.h>

#define LOOP(NAME, BODY)                                                                                        \
  static void NAME(void) {                                                                                      \
    long rounds = ROUNDS;                                                                                       \
    __asm__ volatile(".arch armv8.2-a+dotprod+i8mm\nmovi v12.4s, #0\nmovi v13.4s, #0\n1:\n" BODY "subs %0, %0, #1\nb.ne 1b\n" \
                     : "+r"(rounds)                                                                             \
                     :                                                                                          \
                     : "cc", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12",   \
                       "v13");                                                                                  \
  }

#define I8MM(n) "usmmla v" #n ".4s, v12.16b, v13.16b\n"
#define DOT(n) "udot v" #n ".4s, v12.16b, v13.16b\n"
#define FMLA(n) "fmla v" #n ".4s, v12.4s, v13.4s\n"
LOOP(i8mm, TWELVE(I8MM))
LOOP(dot, TWELVE(DOT))
LOOP(fmla, TWELVE(FMLA))

int main(void) {
  const unsigned long dot_product = 1ul << 20, int8_matrix = 1ul << 13;
  if (getauxval(AT_HWCAP2) & int8_matrix) print_peak("int8", "I8MM", i8mm, 2.0 * 32 * SUMS);
  if (getauxval(AT_HWCAP) & dot_product) print_peak("int8", "dot-product", dot, 2.0 * 16 * SUMS);
  print_peak("fp32", "NEON-FMLA", fmla, 2.0 * 4 * SUMS);
  return 0;
}

#else
int main(void) { return 0; }
#endif
