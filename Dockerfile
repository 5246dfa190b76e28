# A worker for CPUs. Any other command of valence runs in it as well: docker run -p 127.0.0.1:8080:8080 IMAGE serve

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

FROM node:26-slim
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
