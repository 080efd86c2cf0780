// Prints values.json: values encrypted by the cipher of sops itself, under the data key 00 01 02 … 1f.
// Run it inside a module that requires github.com/getsops/sops/v3 v3.13.3: go run values.go > values.json
package main

import (
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"strings"
	"time"

	"github.com/getsops/sops/v3"
	"github.com/getsops/sops/v3/aes"
)

type row struct {
	Type   string `json:"type"`
	Value  string `json:"value"`
	AAD    string `json:"aad"`
	Cipher string `json:"ciphertext"`
}

func main() {
	key := make([]byte, 32)
	for i := range key {
		key[i] = byte(i)
	}
	at := func(s string) time.Time { t, _ := time.Parse(time.RFC3339Nano, s); return t }
	rows := []row{}
	add := func(kind string, v interface{}, aad string) {
		text, err := aes.NewCipher().Encrypt(v, key, aad)
		if err != nil {
			panic(err)
		}
		var bytes []byte
		bytes, err = sops.ToBytes(v)
		if err != nil {
			panic(err)
		}
		rows = append(rows, row{kind, hex.EncodeToString(bytes), aad, text})
	}
	add("str", "s3cret", "metadata:name:")
	add("str", "x", "")
	add("str", "grüße, 世界 🦀", "a:b:c:")
	add("str", "line\nline\n", "key with space:é:")
	add("str", string([]byte{0xff, 0x00, 0xfe}), "data:")
	add("str", strings.Repeat("0123456789abcdef", 300), "long:")
	add("int", 0, "n:")
	add("int", 1234567890, "n:")
	add("int", math.MinInt64, "n:")
	add("int", math.MaxInt64, "n:")
	for _, f := range []float64{1, 1.5, -0.1, 1e21, 1.5e-7, 123456.789, math.Copysign(0, -1), math.MaxFloat64, math.SmallestNonzeroFloat64, 5e-324, 2.2250738585072014e-308, 9007199254740993, math.Inf(1), math.Inf(-1), math.NaN()} {
		add("float", f, "f:")
	}
	add("bool", true, "b:")
	add("bool", false, "b:")
	add("time", at("2001-12-14T00:00:00Z"), "t:")
	add("time", at("2001-12-14T21:59:43.1-05:00"), "t:")
	add("time", at("2001-12-15T02:59:43.123456789Z"), "t:")
	add("time", at("0001-01-01T00:00:00Z"), "t:")
	add("comment", sops.Comment{Value: " a comment"}, "a:")
	add("comment", sops.Comment{Value: "at the top"}, "")
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	os.Stdout.WriteString("[\n")
	for i, r := range rows {
		if i > 0 {
			os.Stdout.WriteString(",")
		}
		out.Encode(r)
	}
	os.Stdout.WriteString("]\n")
}
