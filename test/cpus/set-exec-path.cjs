// An emulated Node finds itself at the path of its own binary, which this machine would run unemulated, or not at all.
process.execPath = process.env.VALENCE_EXEC_PATH
