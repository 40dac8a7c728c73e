# One image for every process of Midlock; the command chooses which.
FROM node:24-bookworm-slim AS build
WORKDIR /midlock
COPY . .
RUN npm ci --ignore-scripts && node node_modules/typescript/bin/tsc -p chaincode

FROM node:24-bookworm-slim
WORKDIR /midlock
ENV NODE_OPTIONS="--conditions=source --disable-warning=ExperimentalWarning" NODE_ENV=production
COPY --from=build --chown=node:node /midlock /midlock
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
ENTRYPOINT ["node", "cli/src/main.ts"]
CMD ["--help"]
