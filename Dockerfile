# The images of Muster: worker, starter (the gateway and the command line) and sandbox (the simulated vendors).
#
#   docker build --target worker --build-arg VERSION="$(git describe --tags --always --dirty)" -t muster-worker .
#
# The bases are pinned. Each image holds one program without a shell, and runs it as nobody in particular.

FROM --platform=$BUILDPLATFORM golang:1.26.8-alpine3.24 AS build
# Without the workspace, so that an image holds what the go.mod of its module says.
ENV CGO_ENABLED=0 GOWORK=off GOTOOLCHAIN=local GOFLAGS=-buildvcs=false
WORKDIR /src
COPY . .
ARG TARGETOS TARGETARCH
ARG VERSION=
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -ldflags="-s -w -X muster/internal/version.stamped=$VERSION" -o /out/ ./worker ./starter \
    && mkdir /out/archive
# A volume takes its owner from the folder over which it is mounted.

FROM build AS build-sandbox
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    GOOS=$TARGETOS GOARCH=$TARGETARCH go -C dev build -trimpath -ldflags="-s -w -X muster/internal/version.stamped=$VERSION" -o /out/ ./simulators
RUN mkdir /out/data

# It has certificates and time zones, which Muster needs, and no shell.
FROM gcr.io/distroless/static-debian13:nonroot@sha256:1c2c046bc09ed40fad370b599a0b1ae7987f55b01e247cf27a7c27cd97e5bbc7 AS base
USER 65532:65532
WORKDIR /

FROM base AS worker
COPY --from=build /out/worker /usr/local/bin/worker
COPY --from=build --chown=65532:65532 /out/archive /var/lib/muster
EXPOSE 8089
ENTRYPOINT ["/usr/local/bin/worker"]

FROM base AS sandbox
COPY --from=build-sandbox /out/simulators /usr/local/bin/simulators
COPY --from=build-sandbox --chown=65532:65532 /out/data /data
VOLUME /data
EXPOSE 8088
ENTRYPOINT ["/usr/local/bin/simulators"]

# The last one is what a build without --target makes.
FROM base AS starter
COPY --from=build /out/starter /usr/local/bin/starter
COPY --from=build --chown=65532:65532 /out/archive /var/lib/muster
EXPOSE 8087 8090
ENTRYPOINT ["/usr/local/bin/starter"]
CMD ["serve"]
