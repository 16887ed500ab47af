package ingest

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestParseFloat(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	var texts []string
	for range 20_000 {
		f := math.Float64frombits(rng.Uint64())
		if math.IsNaN(f) || math.IsInf(f, 0) {
			continue
		}
		texts = append(texts, strconv.FormatFloat(f, 'g', -1, 64),
			strconv.FormatFloat(rng.Float64()*360-180, 'f', rng.IntN(20), 64), strconv.FormatInt(rng.Int64(), 10))
	}
	texts = append(texts, "0", "-0", "+1.5", ".5", "5.", "1e5", "123456789012345", "1234567890123456", "0.000000000000001",
		"9007199254740993", "1e-400", "000000000000000000001.5")
	for _, s := range texts {
		want, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := parseFloat(s); !ok || math.Float64bits(got) != math.Float64bits(want) {
			t.Errorf("%q: got %v, %v, want %v", s, got, ok, want)
		}
	}
	for _, s := range []string{"", "-", ".", "e5", "inf", "NaN", "0x10", "1_000", "1,5", "1e999", " 1", "1 ", "--1", "1.2.3"} {
		if got, ok := parseFloat(s); ok {
			t.Errorf("%q: got %v, want a refusal", s, got)
		}
	}
}

func TestParseInt(t *testing.T) {
	t.Parallel()
	tests := []struct {
		s     string
		shift int
		want  int64
		ok    bool
	}{
		{"0", 0, 0, true},
		{"-0.0", 0, 0, true},
		{"007", 0, 7, true},
		{"+5", 0, 5, true},
		{"1e3", 0, 1000, true},
		{"12.50e1", 0, 125, true},
		{"3.0", 0, 3, true},
		{"5.", 0, 5, true},
		{".0", 0, 0, true},
		{"100e-2", 0, 1, true},
		{"0e999999999", 0, 0, false},
		{"0e99999", 0, 0, true},
		{"1.5", 3, 1500, true},
		{"1470257231.25", 6, 1470257231250000, true},
		{"9223372036854775807", 0, math.MaxInt64, true},
		{"-9223372036854775808", 0, math.MinInt64, true},
		{"9223372036854775808", 0, 0, false},
		{"-9223372036854775809", 0, 0, false},
		{"18446744073709551616", 0, 0, false},
		{"18446744073709551615", 0, 0, false},
		{"1e19", 0, 0, false},
		{"3.7", 0, 0, false},
		{"1e-1", 0, 0, false},
		{"1.2345", 3, 0, false},
		{"", 0, 0, false},
		{"-", 0, 0, false},
		{".", 0, 0, false},
		{"e1", 0, 0, false},
		{"1e", 0, 0, false},
		{"1e+", 0, 0, false},
		{"1.2.3", 0, 0, false},
		{"0x10", 0, 0, false},
		{"1_0", 0, 0, false},
		{" 1", 0, 0, false},
		{"1" + strings.Repeat("0", 400) + "e-400", 0, 1, true},
	}
	for _, tt := range tests {
		if got, ok := parseInt(tt.s, tt.shift); got != tt.want || ok != tt.ok {
			t.Errorf("%q ·10^%d: got %d, %v, want %d, %v", tt.s, tt.shift, got, ok, tt.want, tt.ok)
		}
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 20_000 {
		s := fmt.Sprintf("%d.%0*de%d", rng.Int64N(1e6)-5e5, 1+rng.IntN(6), rng.IntN(2)*rng.IntN(100)*1000, rng.IntN(20)-6)
		exact, ok := new(big.Rat).SetString(s)
		if !ok {
			t.Fatal(s)
		}
		whole := exact.IsInt() && exact.Num().IsInt64()
		got, ok := parseInt(s, 0)
		if ok != whole || ok && got != exact.Num().Int64() {
			t.Fatalf("%q: got %d, %v, want %v", s, got, ok, exact)
		}
	}
}

func TestParseTime(t *testing.T) {
	t.Parallel()
	shanghai := time.FixedZone("CST", 8*3600)
	tests := []struct {
		name, s string
		layouts []string
		zone    *time.Location
		want    string // RFC 3339 in UTC; "" is a refusal
	}{
		{"RFC 3339", "2016-08-03T20:47:11Z", nil, nil, "2016-08-03T20:47:11Z"},
		{"fraction", "2016-08-03T20:47:11.1234567Z", nil, nil, "2016-08-03T20:47:11.123456Z"},
		{"offset", "2016-08-03T20:47:11+08:00", nil, nil, "2016-08-03T12:47:11Z"},
		{"leap day", "2016-02-29T00:00:00Z", nil, nil, "2016-02-29T00:00:00Z"},
		{"no leap day", "1900-02-29T00:00:00Z", nil, nil, ""},
		{"before 1970", "1969-12-31T20:00:00.000Z", nil, nil, "1969-12-31T20:00:00Z"},
		{"first year", "0000-01-01T00:00:00Z", nil, nil, "0000-01-01T00:00:00Z"},
		{"before the first year", "0000-01-01T00:00:00+00:01", nil, nil, ""},
		{"last moment", "9999-12-31T23:59:59.999999Z", nil, nil, "9999-12-31T23:59:59.999999Z"},
		{"after it", "9999-12-31T23:59:59-00:01", nil, nil, ""},
		{"leap second", "2016-12-31T23:59:60Z", nil, nil, ""},
		{"a date alone", "2016-08-03", nil, nil, ""},
		{"a layout", "03/08/2016 20:47", []string{"02/01/2006 15:04"}, nil, "2016-08-03T20:47:00Z"},
		{"a zone", "2016-08-03 20:47:11", []string{time.DateTime}, shanghai, "2016-08-03T12:47:11Z"},
		{"a zone of its own", "2016-08-03T20:47:11Z", []string{time.DateTime, time.RFC3339}, shanghai, "2016-08-03T20:47:11Z"},
		{"the second layout", "2016-08-03", []string{time.DateTime, time.DateOnly}, nil, "2016-08-03T00:00:00Z"},
		{"unix", "1470257231", []string{LayoutUnix}, nil, "2016-08-03T20:47:11Z"},
		{"unix with decimals", "1470257231.5", []string{LayoutUnix}, nil, "2016-08-03T20:47:11.5Z"},
		{"unix as a float", "1.470257231e9", []string{LayoutUnix}, nil, "2016-08-03T20:47:11Z"},
		{"unix_ms", "1470257231250", []string{LayoutUnixMillis}, nil, "2016-08-03T20:47:11.25Z"},
		{"unix far away", "1470257231250", []string{LayoutUnix}, nil, ""},
		{"nothing", "", nil, nil, ""},
	}
	for _, tt := range tests {
		got := ""
		if us, ok := parseTime(tt.s, tt.layouts, tt.zone); ok {
			got = time.UnixMicro(us).UTC().Format(time.RFC3339Nano)
		}
		if got != tt.want {
			t.Errorf("%s: %q: got %q, want %q", tt.name, tt.s, got, tt.want)
		}
	}
}

// The fast path must say nothing or what time.Parse says.
func TestParseRFC3339AgreesWithTime(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	fast := 0
	for range 100_000 {
		s := fmt.Sprintf("%04d-%02d-%02dT%02d:%02d:%02d", rng.IntN(10000), rng.IntN(14), rng.IntN(33), rng.IntN(25), rng.IntN(61), rng.IntN(61))
		if n := rng.IntN(12); n > 0 {
			s += fmt.Sprintf(".%0*d", n, rng.Int64N(int64(math.Pow10(n))))
		}
		if s += []string{"Z", "+08:00", "-04:30", "+24:00", "z", ""}[rng.IntN(6)]; rng.IntN(4) == 0 {
			b := []byte(s)
			b[rng.IntN(len(b))] = "0123456789:-TZ+. /x"[rng.IntN(19)]
			s = string(b)
		}
		got, ok := parseRFC3339(s)
		if !ok {
			continue
		}
		fast++
		want, err := time.Parse(time.RFC3339, s)
		if err != nil || want.UnixMicro() != got {
			t.Fatalf("%q: got %d, want %v, %v", s, got, want, err)
		}
	}
	if fast < 10_000 {
		t.Errorf("only %d times took the fast path", fast)
	}
}
