// Test keys and certificates, made by the controller's own key code.
package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"log"
	"os"
	"time"

	"github.com/bitnami-labs/sealed-secrets/pkg/crypto"
	"k8s.io/client-go/util/keyutil"
)

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func write(name, kind string, der []byte, mode os.FileMode) {
	must(os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), mode))
}

func keys(name string, key *rsa.PrivateKey) {
	write(name+".key", keyutil.RSAPrivateKeyBlockType, x509.MarshalPKCS1PrivateKey(key), 0o644)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	must(err)
	write(name+".pkcs8.key", "PRIVATE KEY", der, 0o644)
}

func main() {
	day := 24 * time.Hour
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var small *rsa.PrivateKey
	for _, k := range []struct {
		name string
		bits int
	}{{"test-rsa2048", 2048}, {"test-rsa2048-other", 2048}, {"test-rsa3072", 3072}, {"test-rsa4096", 4096}} {
		key, err := rsa.GenerateKey(rand.Reader, k.bits)
		must(err)
		if small == nil {
			small = key
		}
		cert, err := crypto.SignKeyWithNotBefore(rand.Reader, key, start, 20*365*day+5*day, "")
		must(err)
		keys(k.name, key)
		write(k.name+".crt", "CERTIFICATE", cert.Raw, 0o644)
		must(os.WriteFile(k.name+".crt.der", cert.Raw, 0o644))
		fingerprint, err := crypto.PublicKeyFingerprint(&key.PublicKey)
		must(err)
		must(os.WriteFile(k.name+".fingerprint", []byte(fingerprint+"\n"), 0o644))
	}
	cert, err := crypto.SignKeyWithNotBefore(rand.Reader, small, time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC), 365*day, "")
	must(err)
	write("test-rsa2048-expired.crt", "CERTIFICATE", cert.Raw, 0o644)
	cert, err = crypto.SignKeyWithNotBefore(rand.Reader, small, time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC), 10*365*day, "")
	must(err)
	write("test-rsa2048-not-yet-valid.crt", "CERTIFICATE", cert.Raw, 0o644)
}
