# A worker for CPUs; --target cuda builds one for NVIDIA's GPUs. Any other command of valence runs in either as well:
# docker run -p 127.0.0.1:8080:8080 IMAGE serve

FROM node:26-slim AS package
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY . .
# The image holds what the npm package holds: both take it from "files" in package.json.
RUN npm run build && npm pack && tar -xzf valence-nlp-*.tgz

FROM node:26-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --no-audit --no-fund
COPY --from=package /app/package .
RUN node bin/valence.js prune

FROM node:26-slim AS worker
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=package /app/package .
COPY deploy/probe.js deploy/
# Models that are pulled, and what was measured of this machine: worth a volume.
RUN install -d -o 1000 -g 1000 /cache
# Only what is published with -p can be reached from outside.
ENV NODE_ENV=production VALENCE_HOST=0.0.0.0 VALENCE_HTTP_HOST=0.0.0.0 VALENCE_EXPORT_HOST=0.0.0.0 VALENCE_CACHE=/cache
USER 1000:1000
# A worker's health and metrics; a server.
EXPOSE 9464 8080
STOPSIGNAL SIGTERM
# Alive, not ready: whoever restarts unhealthy containers must not restart workers because Redis is away.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 CMD ["node", "deploy/probe.js", "livez"]
ENTRYPOINT ["node", "bin/valence.js"]
CMD ["work"]

# NVIDIA's libraries and ONNX Runtime's provider: 1 GB, and nothing else of these packages.
FROM node:26-slim AS cuda-files
WORKDIR /cuda
RUN apt-get update && apt-get install -y --no-install-recommends python3-pip
COPY deploy/cuda/requirements.txt .
RUN pip download --no-cache-dir --no-deps --only-binary=:all: --require-hashes --python-version 3.12 \
      --platform manylinux_2_28_x86_64 --platform manylinux_2_27_x86_64 --platform manylinux2014_x86_64 \
      --dest wheels -r requirements.txt && \
    for wheel in wheels/*.whl; do python3 -m zipfile -e "$wheel" all && rm "$wheel"; done && \
    mkdir -p lib provider && cd all && \
    mv nvidia/cu13/lib/libcublas.so.13 nvidia/cu13/lib/libcublasLt.so.13 nvidia/cu13/lib/libcudart.so.13 \
       nvidia/cu13/lib/libcurand.so.10 ../lib/ && \
    mv onnxruntime/capi/libonnxruntime_providers_cuda.so onnxruntime/capi/libonnxruntime_providers_shared.so ../provider/ && \
    cd .. && rm -r all wheels

FROM worker AS cuda
USER root
COPY --from=cuda-files /cuda/lib/ /opt/cuda/lib/
COPY --from=cuda-files /cuda/provider/ node_modules/onnxruntime-node/bin/napi-v6/linux/x64/
# The bundled graph is int8, for CPUs: GPUs compute fp16.
RUN echo /opt/cuda/lib > /etc/ld.so.conf.d/cuda.conf && ldconfig && node bin/valence.js models build sentiment-small --dtype fp16
# What NVIDIA's container runtime mounts: the driver's libraries and nvidia-smi.
ENV VALENCE_DEVICE=cuda:0 NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER 1000:1000

FROM worker
