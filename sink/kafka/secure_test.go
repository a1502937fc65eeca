package kafka

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nflogship/config"
	"nflogship/internal/tlsconf"
	"nflogship/sink/sinktest"

	"github.com/twmb/franz-go/pkg/kfake"
)

func user(mechanism, password string) func(*Config) {
	return func(c *Config) {
		c.SASL = &SASL{Mechanism: mechanism, Username: "app", Password: config.NewSecret(password)}
	}
}

// opensOrSays opens a sink and compares the error, "" for none. A password must never be in it.
func opensOrSays(t *testing.T, brokers []string, edit func(*Config), want string) {
	t.Helper()
	s := build(t, brokers, edit)
	err := s.Sender.Open(t.Context())
	switch {
	case want == "" && err != nil:
		t.Fatalf("open: %v", err)
	case want == "":
		ship(t, s, sinktest.Load(lines("x", 10, nil)))
	case err == nil || !strings.Contains(err.Error(), want):
		t.Fatalf("open: %v, want %q", err, want)
	case strings.Contains(err.Error(), "wrongword"):
		t.Fatalf("the password is in the error: %v", err)
	}
}

func TestSASL(t *testing.T) {
	for _, mechanism := range []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"} {
		t.Run(mechanism, func(t *testing.T) {
			c := fake(t, fakeTopic(1), kfake.EnableSASL(), kfake.Superuser(mechanism, "app", "secret"))
			opensOrSays(t, c.ListenAddrs(), user(mechanism, "secret"), "")
			opensOrSays(t, c.ListenAddrs(), user(mechanism, "wrongword"), "refuses the user or the password")
			opensOrSays(t, c.ListenAddrs(), nil, "if its port wants SASL")
		})
	}
}

// authority makes a CA and certificates of it, as files.
type authority struct {
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	a := &authority{dir: t.TempDir()}
	a.issue(t, "ca")
	return a
}

// issue writes name.crt and name.key.
func (a *authority) issue(t *testing.T, name string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: a.cert == nil, BasicConstraintsValid: true,
	}
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert == nil {
		a.cert, a.key = template, key
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	a.write(t, name+".crt", "CERTIFICATE", der)
	a.write(t, name+".key", "PRIVATE KEY", secret)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func (a *authority) write(t *testing.T, name, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(a.file(name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (a *authority) file(name string) string { return filepath.Join(a.dir, name) }

func (a *authority) pool(t *testing.T) *x509.CertPool {
	pool := x509.NewCertPool()
	text, err := os.ReadFile(a.file("ca.crt"))
	if err != nil || !pool.AppendCertsFromPEM(text) {
		t.Fatal("no CA", err)
	}
	return pool
}

func over(c tlsconf.Config) func(*Config) { return func(k *Config) { k.TLS = &c } }

func TestTLS(t *testing.T) {
	ours, others := newAuthority(t), newAuthority(t)
	server := ours.issue(t, "server")
	ours.issue(t, "me")
	secure := fake(t, fakeTopic(1), kfake.TLS(&tls.Config{Certificates: []tls.Certificate{server}})).ListenAddrs()
	mutual := fake(t, fakeTopic(1), kfake.TLS(&tls.Config{
		Certificates: []tls.Certificate{server}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ours.pool(t),
	})).ListenAddrs()
	ca := tlsconf.Config{CA: ours.file("ca.crt")}
	withCertificate := tlsconf.Config{CA: ours.file("ca.crt"), Cert: ours.file("me.crt"), Key: ours.file("me.key")}
	t.Run("verified", func(t *testing.T) { opensOrSays(t, secure, over(ca), "") })
	t.Run("not verified", func(t *testing.T) { opensOrSays(t, secure, over(tlsconf.Config{Insecure: true}), "") })
	t.Run("another authority", func(t *testing.T) {
		opensOrSays(t, secure, over(tlsconf.Config{CA: others.file("ca.crt")}), "unknown authority")
	})
	t.Run("another name", func(t *testing.T) {
		opensOrSays(t, secure, over(tlsconf.Config{CA: ours.file("ca.crt"), ServerName: "k.example"}), "wanted to match k.example")
	})
	t.Run("with our certificate", func(t *testing.T) { opensOrSays(t, mutual, over(withCertificate), "") })
	t.Run("without our certificate", func(t *testing.T) { opensOrSays(t, mutual, over(ca), "certificate required") })
	t.Run("a TLS port without tls", func(t *testing.T) { opensOrSays(t, secure, nil, "a TLS port wants tls") })
}
