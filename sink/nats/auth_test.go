package nats

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

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"nflogship/config"
	"nflogship/internal/tlsconf"
)

// accepts fails unless the sink delivers, core: what may be asked of JetStream is another matter.
func accepts(t *testing.T, s *Sender) {
	t.Helper()
	open(t, s)
	if err := s.Send(ctx(t), load(payload(lines, numbered(0, 3)...))); err != nil {
		t.Fatal(err)
	}
}

func refuses(t *testing.T, s *Sender, says ...string) {
	t.Helper()
	err := s.Open(ctx(t))
	if err == nil {
		t.Fatal("let in")
	}
	for _, part := range says {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error does not say %q: %v", part, err)
		}
	}
	if strings.Contains(err.Error(), "s3cret") {
		t.Errorf("the error shows a secret: %v", err)
	}
}

func TestUsernameAndPassword(t *testing.T) {
	f := startServer(t, func(o *server.Options) { o.Username, o.Password = "fw", "s3cret" })
	with := func(change func(*Config)) *Sender {
		_, s := newSink(t, f, nil, func(c *Config) {
			c.JetStream = false
			change(c)
		})
		return s
	}
	accepts(t, with(func(c *Config) { c.Username, c.Password = "fw", config.NewSecret("s3cret") }))
	accepts(t, with(func(c *Config) { c.Servers = []string{strings.Replace(f.url(), "//", "//fw:s3cret@", 1)} }))
	refuses(t, with(func(*Config) {}), "a connection without credentials", "Authorization Violation")
	refuses(t, with(func(c *Config) { c.Username, c.Password = "fw", config.NewSecret("s3cret2") }),
		`the server refuses username "fw" with this password`, "Authorization Violation")
	refuses(t, with(func(c *Config) { c.Servers = []string{strings.Replace(f.url(), "//", "//fw:s3cret2@", 1)} }),
		"the server refuses the user and password in its URL", "fw:xxxxx@127.0.0.1")
}

func TestToken(t *testing.T) {
	f := startServer(t, func(o *server.Options) { o.Authorization = "s3cret" })
	for token, ok := range map[string]bool{"s3cret": true, "s3cret2": false} {
		_, s := newSink(t, f, nil, func(c *Config) { c.JetStream, c.Token = false, config.NewSecret(token) })
		if ok {
			accepts(t, s)
		} else {
			refuses(t, s, "the server refuses the token", "Authorization Violation")
		}
	}
}

func TestNkey(t *testing.T) {
	known, knownFile := userKey(t)
	_, otherFile := userKey(t)
	f := startServer(t, func(o *server.Options) { o.Nkeys = []*server.NkeyUser{{Nkey: publicKey(t, known)}} })
	_, s := newSink(t, f, nil, func(c *Config) { c.JetStream, c.Nkey = false, knownFile })
	accepts(t, s)
	_, s = newSink(t, f, nil, func(c *Config) { c.JetStream, c.Nkey = false, otherFile })
	refuses(t, s, "the server refuses the nkey in "+otherFile)
}

func TestCreds(t *testing.T) {
	operator, err := nkeys.CreateOperator()
	fatal(t, err)
	account, err := nkeys.CreateAccount()
	fatal(t, err)
	accountJWT, err := jwt.NewAccountClaims(publicKey(t, account)).Encode(operator)
	fatal(t, err)
	resolver := &server.MemAccResolver{}
	fatal(t, resolver.Store(publicKey(t, account), accountJWT))
	f := startServer(t, func(o *server.Options) {
		o.TrustedKeys, o.AccountResolver, o.JetStream = []string{publicKey(t, operator)}, resolver, false
	})
	creds := func(account nkeys.KeyPair, ends time.Time) string {
		user, _ := userKey(t)
		claims := jwt.NewUserClaims(publicKey(t, user))
		claims.Expires = ends.Unix()
		userJWT, err := claims.Encode(account)
		fatal(t, err)
		seed, err := user.Seed()
		fatal(t, err)
		text, err := jwt.FormatUserConfig(userJWT, seed)
		fatal(t, err)
		return writeFile(t, "user.creds", text)
	}
	stranger, err := nkeys.CreateAccount()
	fatal(t, err)
	for name, c := range map[string]struct {
		account nkeys.KeyPair
		ends    time.Time
		says    string
	}{
		"good":                 {account, time.Now().Add(time.Hour), ""},
		"expired":              {account, time.Now().Add(-time.Hour), "user.creds"},
		"of a strange account": {stranger, time.Now().Add(time.Hour), "the server refuses the credentials in "},
	} {
		t.Run(name, func(t *testing.T) {
			_, s := newSink(t, f, nil, func(config *Config) { config.JetStream, config.Creds = false, creds(c.account, c.ends) })
			if c.says == "" {
				accepts(t, s)
			} else {
				refuses(t, s, c.says)
			}
		})
	}
}

func TestFilesAreReadEarly(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"read creds /nowhere/x":  func(c *Config) { c.Creds = "/nowhere/x" },
		"read nkey /nowhere/x":   func(c *Config) { c.Nkey = "/nowhere/x" },
		"read tls.ca":            func(c *Config) { c.TLS = &tlsconf.Config{CA: "/nowhere/x"} },
		"read nkey /dev/null":    func(c *Config) { c.Nkey = "/dev/null" },
		"subject: has an empty ": func(c *Config) { c.Subject = "a..b" },
	} {
		c := DefaultConfig()
		c.Servers, c.Subject = []string{"nats://127.0.0.1"}, "fw"
		change(&c)
		if _, err := New(c, deps(&logged{})); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTLSWithClientCertificate(t *testing.T) {
	ca := newAuthority(t)
	serverPair := ca.issue(t, "server", net.IPv4(127, 0, 0, 1))
	pool := x509.NewCertPool()
	pool.AddCert(ca.certificate)
	pair, err := tls.LoadX509KeyPair(serverPair[0], serverPair[1])
	fatal(t, err)
	f := startServer(t, func(o *server.Options) {
		o.TLS, o.TLSVerify, o.TLSTimeout = true, true, 5
		o.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool}
	})
	mine := ca.issue(t, "client", nil)
	strange := newAuthority(t)
	theirs := strange.issue(t, "client", nil)
	for name, c := range map[string]struct {
		scheme string
		tls    *tlsconf.Config
		says   string
	}{
		"all right":                    {"nats", &tlsconf.Config{CA: ca.file, Cert: mine[0], Key: mine[1]}, ""},
		"tls scheme":                   {"tls", &tlsconf.Config{CA: ca.file, Cert: mine[0], Key: mine[1]}, ""},
		"wrong server name":            {"nats", &tlsconf.Config{CA: ca.file, Cert: mine[0], Key: mine[1], ServerName: "k.example"}, "k.example"},
		"authority unknown":            {"nats", &tlsconf.Config{Cert: mine[0], Key: mine[1]}, "certificate signed by unknown authority"},
		"no settings":                  {"nats", nil, "certificate signed by unknown authority"},
		"without a client certificate": {"nats", &tlsconf.Config{CA: ca.file}, "tls"},
		"client certificate unknown":   {"nats", &tlsconf.Config{CA: ca.file, Cert: theirs[0], Key: theirs[1]}, "tls"},
	} {
		t.Run(name, func(t *testing.T) {
			_, s := newSink(t, f, nil, func(config *Config) {
				config.JetStream, config.TLS = false, c.tls
				config.Servers = []string{c.scheme + "://" + f.Addr().String()}
			})
			if c.says == "" {
				accepts(t, s)
			} else {
				refuses(t, s, c.says)
			}
		})
	}
	plain := startServer(t)
	_, s := newSink(t, plain, nil, func(c *Config) { c.TLS = &tlsconf.Config{} })
	refuses(t, s, "the server offers no TLS")
}

// authority issues certificates.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	file        string
}

func newAuthority(t *testing.T) *authority {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	fatal(t, err)
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	fatal(t, err)
	c, err = x509.ParseCertificate(der)
	fatal(t, err)
	return &authority{c, key, writeFile(t, "ca.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))}
}

// issue returns the files of a certificate and its key.
func (a *authority) issue(t *testing.T, name string, ip net.IP) [2]string {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	fatal(t, err)
	c := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	if ip != nil {
		c.IPAddresses = []net.IP{ip}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, a.certificate, &key.PublicKey, a.key)
	fatal(t, err)
	keyDER, err := x509.MarshalECPrivateKey(key)
	fatal(t, err)
	return [2]string{
		writeFile(t, name+".pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		writeFile(t, name+".key", pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER})),
	}
}

// userKey returns a new user's key and the file of its seed.
func userKey(t *testing.T) (nkeys.KeyPair, string) {
	k, err := nkeys.CreateUser()
	fatal(t, err)
	seed, err := k.Seed()
	fatal(t, err)
	return k, writeFile(t, "user.nk", seed)
}

func publicKey(t *testing.T, k nkeys.KeyPair) string {
	public, err := k.PublicKey()
	fatal(t, err)
	return public
}

func writeFile(t *testing.T, name string, data []byte) string {
	path := filepath.Join(t.TempDir(), name)
	fatal(t, os.WriteFile(path, data, 0o600))
	return path
}

func fatal(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
