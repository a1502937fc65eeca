// Package tlsconf is the tls: block that every sink over TLS shares.
package tlsconf

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

// Config is what a user writes under tls:. All of it may be left out: the system's certificates then decide.
type Config struct {
	CA         string `yaml:"ca"`          // PEM file of the authorities to trust instead of the system's
	Cert       string `yaml:"cert"`        // PEM file of our certificate, for servers that ask for one
	Key        string `yaml:"key"`         // PEM file of its key
	ServerName string `yaml:"server_name"` // the name the server's certificate must hold; default: the host we dial
	Insecure   bool   `yaml:"insecure"`    // do not verify the server: for tests only
}

// Load reads the files and returns settings for crypto/tls: TLS 1.2 at least.
func (c *Config) Load() (*tls.Config, error) {
	out := &tls.Config{ServerName: c.ServerName, InsecureSkipVerify: c.Insecure, MinVersion: tls.VersionTLS12}
	if c.CA != "" {
		pem, err := os.ReadFile(c.CA)
		if err != nil {
			return nil, fmt.Errorf("read tls.ca: %w", err)
		}
		out.RootCAs = x509.NewCertPool()
		if !out.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("tls.ca: %s holds no PEM certificate", c.CA)
		}
	}
	if (c.Cert == "") != (c.Key == "") {
		return nil, fmt.Errorf("tls.cert and tls.key go together: only one of them is set")
	}
	if c.Cert != "" {
		pair, err := tls.LoadX509KeyPair(c.Cert, c.Key)
		if err != nil {
			return nil, fmt.Errorf("read tls.cert and tls.key: %w", err)
		}
		out.Certificates = []tls.Certificate{pair}
	}
	return out, nil
}
