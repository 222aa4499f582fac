# feedd in a container: the program and the certificates of the net's authorities, nothing else.
#
#	docker build -t feedd .
#	docker run -p 8080:8080 -v feedd:/data -v ./config:/etc/feedd:ro feedd
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.release=$VERSION" -o /out/feedd ./cmd/feedd
# A folder that is copied to one that is not there gives it what is in it, and not its mode.
RUN mkdir -p /out/data /out/root/tmp && chmod 1777 /out/root/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/root/ /
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build /out/feedd /usr/bin/feedd
COPY config /etc/feedd
USER 65532:65532
WORKDIR /data
ENV FEEDD_DB=sqlite:/data/feedd.db
VOLUME /data
EXPOSE 8080
# It answers; whether it is ready is for who sends it requests to ask (--ready).
HEALTHCHECK --interval=30s --timeout=6s --start-period=30s CMD ["/usr/bin/feedd", "healthcheck"]
ENTRYPOINT ["/usr/bin/feedd"]
CMD ["serve", "--config", "/etc/feedd/feeds.yaml", "--listen", ":8080", "--log-format", "json"]
