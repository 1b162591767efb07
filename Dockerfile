# One image for every service and the storefront. SERVICES names the folders under services/ that a container runs;
# without it the whole shop runs in one process.
ARG BASE=node:24-bookworm-slim

FROM ${BASE} AS locked
WORKDIR /holdfast
COPY .npmrc package.json package-lock.json ./
COPY frontend/package.json frontend/

FROM locked AS storefront
ENV NUXT_TELEMETRY_DISABLED=1
RUN npm ci --no-audit --no-fund
COPY frontend frontend
RUN npm run build --workspace frontend

# Optional packages are native parts, which pictures need, and Node itself, which the base has.
FROM locked AS packages
RUN npm ci --no-audit --no-fund --omit=dev --ignore-scripts && rm -rf node_modules/node-linux-* node_modules/.bin/node

FROM ${BASE}
# Who may change the sources: nobody who runs them, but in the image that skaffold makes for development.
ARG OWNER=0
WORKDIR /holdfast
RUN install --directory --owner=1000 --group=1000 /data /holdfast/.compiled
COPY --from=packages /holdfast/node_modules node_modules
COPY --from=storefront /holdfast/frontend/.output frontend/.output
COPY package.json moleculer.config.ts ./
COPY bin/warm.mjs bin/
COPY ops ops
COPY --chown=${OWNER} core core
COPY --chown=${OWNER} mixins mixins
COPY --chown=${OWNER} services services
# The settings and flags are those of bin/tuning.mjs.
ENV NODE_ENV=production \
    DATA_DIR=/data \
    SERVICEDIR=services \
    MALLOC_MMAP_THRESHOLD_=131072 \
    MALLOC_ARENA_MAX=2 \
    NODE_COMPILE_CACHE=/holdfast/.compiled
# A number, so that Kubernetes sees that it is not root. What is compiled here is found again by this user and these flags alone.
USER 1000:1000
RUN ["node", "--max-semi-space-size=4", "--heap-growing-percent=60", "--import", "./bin/warm.mjs", "node_modules/moleculer/bin/moleculer-runner.mjs", "-c", "moleculer.config.ts", "--mask", "**/*.service.ts"]
EXPOSE 3000
CMD ["node", "--max-semi-space-size=4", "--heap-growing-percent=60", "node_modules/moleculer/bin/moleculer-runner.mjs", "-c", "moleculer.config.ts", "--mask", "**/*.service.ts"]
