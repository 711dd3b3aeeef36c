# Worker, local AWS endpoint and command line in one image. glibc, since Temporal's native core has no musl build.
FROM node:22.20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:22.20-bookworm-slim
# Temporal's core reads the system's certificates even for connections without TLS.
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
ENV NODE_ENV=production
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY deploy/health deploy/health
COPY LICENSE ./
RUN mkdir -p /var/lib/trainyard && chown node:node /var/lib/trainyard
USER node
WORKDIR /var/lib/trainyard
VOLUME /var/lib/trainyard
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["worker"]
