# nflogship in an image of its own: the binary, the authorities it trusts for TLS, and nothing else.
#
#   docker build -t nflogship .
#   docker run --rm -v "$PWD/examples:/examples:ro" nflogship replay --format kernel /examples/firewall.pcap

FROM golang:1.26.8 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# Time zones go into the binary: RFC 3164 and the rotation of files at midnight speak local time.
RUN CGO_ENABLED=0 go build -trimpath -tags timetzdata -ldflags='-s -w' -o /nflogship ./cmd/nflogship

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /nflogship /usr/bin/nflogship
# Nobody in particular. To read NFLOG it needs the capability NET_ADMIN, which Docker grants to root only:
#   docker run --user 0 --cap-drop ALL --cap-add NET_ADMIN --network host ...
USER 65532:65532
ENTRYPOINT ["/usr/bin/nflogship"]
CMD ["--help"]
