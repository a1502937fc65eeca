package nats

import (
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"slices"

	"github.com/nats-io/nats.go"
)

// pool is the servers we may connect to: those of the configuration, then those the last one told of.
type pool struct {
	configured []*url.URL
	told       []*url.URL
	name       string // of a configured server: what the certificates of the others may hold, too
}

// candidates lists the servers in the order to try: every client in its own order, or all would be on one server.
func (p *pool) candidates() []*url.URL {
	out := slices.Clone(p.configured)
	rand.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return append(out, p.told...)
}

// learn keeps what a connection's server told of its cluster.
func (p *pool) learn(k *link) {
	p.told = p.told[:0]
	if p.isConfigured(k.server) {
		p.name = k.server.Hostname()
	} else {
		p.told = append(p.told, k.server) // it tells of the others only
	}
	for _, text := range k.nc.DiscoveredServers() {
		if u, err := parseServer(text); err == nil && !p.isConfigured(u) {
			u.User = k.server.User
			p.told = append(p.told, u)
		}
	}
}

func (p *pool) isConfigured(u *url.URL) bool {
	return slices.ContainsFunc(p.configured, func(c *url.URL) bool { return c.Host == u.Host })
}

// serverName is the name to expect in a server's certificate, "" for that in its URL: clusters tell of addresses,
// certificates hold names.
func (p *pool) serverName(u *url.URL) string {
	if !p.isConfigured(u) && net.ParseIP(u.Hostname()) != nil {
		return p.name
	}
	return ""
}

// options reads the files of credentials and TLS: anew for each connection, as they are replaced while we run.
func (c *Config) options() (nats.Options, error) {
	o := nats.GetDefaultOptions()
	o.User, o.Password, o.Token = c.Username, c.Password.Reveal(), c.Token.Reveal()
	if c.Creds != "" {
		if err := nats.UserCredentials(c.Creds)(&o); err != nil {
			return o, fmt.Errorf("read creds %s: %w", c.Creds, err)
		}
	}
	if c.Nkey != "" {
		sign, err := nats.NkeyOptionFromSeed(c.Nkey)
		if err == nil {
			err = sign(&o)
		}
		if err != nil {
			return o, fmt.Errorf("read nkey %s: %w", c.Nkey, err)
		}
	}
	if c.TLS != nil {
		t, err := c.TLS.Load()
		if err != nil {
			return o, err
		}
		o.Secure, o.TLSConfig = true, t
	}
	return o, nil
}

// named makes TLS expect a certificate for name, unless the configuration says which.
func named(o nats.Options, name string) nats.Options {
	if name == "" || !o.Secure || o.TLSConfig.ServerName != "" {
		return o
	}
	o.TLSConfig = o.TLSConfig.Clone()
	o.TLSConfig.ServerName = name
	return o
}

// secured adds TLS for a tls:// server where no tls: block does.
func secured(o nats.Options, u *url.URL) nats.Options {
	if u.Scheme == "tls" && !o.Secure {
		o.Secure, o.TLSConfig = true, &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return o
}
