# A worker for CPUs. Any other command of valence runs in it as well: docker run IMAGE models list

FROM node:20-slim AS package
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No package needs its install script: their binaries come with them, and ONNX Runtime's would download CUDA libraries.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
# The image holds what the npm package holds: both take it from "files" in package.json.
RUN npm run build && npm pack --ignore-scripts && tar -xzf valence-nlp-*.tgz

FROM node:20-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
# Binaries for other systems than this one are 290 MB.
RUN arch="$(node -p process.arch)" \
  && find node_modules/onnxruntime-node/bin/napi-v6 -mindepth 2 -maxdepth 2 -not -path "*/linux/$arch" -exec rm -r {} + \
  && find node_modules/tokenizers -name 'tokenizers.*.node' -not -name "tokenizers.linux-$arch-gnu.node" -delete

FROM node:20-slim
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=package /app/package .
COPY deploy/probe.js deploy/
# Models that are pulled, and what was measured of this machine: worth a volume.
RUN install -d -o 1000 -g 1000 /cache
# Only what is published with -p can be reached from outside.
ENV NODE_ENV=production VALENCE_HOST=0.0.0.0 VALENCE_CACHE=/cache
USER 1000:1000
EXPOSE 9464
STOPSIGNAL SIGTERM
# Alive, not ready: whoever restarts unhealthy containers must not restart workers because Redis is away.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 CMD ["node", "deploy/probe.js", "livez"]
ENTRYPOINT ["node", "dist/cli/main.js"]
CMD ["work"]
