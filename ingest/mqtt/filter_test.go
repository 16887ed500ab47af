package mqtt

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hutong/internal/testkit"
)

func TestFilterMatch(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		filter, topic string
		wild          []string
		ok            bool
	}{
		// The examples of §4.7.1 and §4.7.2.
		{"sport/tennis/player1/#", "sport/tennis/player1", []string{""}, true},
		{"sport/tennis/player1/#", "sport/tennis/player1/ranking", []string{"ranking"}, true},
		{"sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", []string{"score/wimbledon"}, true},
		{"sport/#", "sport", []string{""}, true},
		{"#", "anything/at/all", []string{"anything/at/all"}, true},
		{"sport/tennis/+", "sport/tennis/player1", []string{"player1"}, true},
		{"sport/tennis/+", "sport/tennis/player1/ranking", nil, false},
		{"sport/+", "sport", nil, false},
		{"sport/+", "sport/", []string{""}, true},
		{"+/+", "/finance", []string{"", "finance"}, true},
		{"/+", "/finance", []string{"finance"}, true},
		{"+", "/finance", nil, false},
		{"+/tennis/#", "sport/tennis/x/y", []string{"sport", "x/y"}, true},
		{"#", "$SYS/broker", nil, false},
		{"+/monitor/Clients", "$SYS/monitor/Clients", nil, false},
		{"$SYS/#", "$SYS/broker", []string{"broker"}, true},
		{"$SYS/monitor/+", "$SYS/monitor/Clients", []string{"Clients"}, true},
		// Case and spaces count (§4.7.3); empty levels are levels.
		{"ACCOUNTS", "Accounts", nil, false},
		{"accounts payable", "accounts payable", nil, true},
		{"a", "a/", nil, false},
		{"a//b", "a//b", nil, true},
		{"a/+/b", "a//b", []string{""}, true},
		{"a/#", "a//", []string{"/"}, true},
		{"a/#", "ab", nil, false},
		{"胡同/+", "胡同/七号", []string{"七号"}, true},
		{"/", "/", nil, true},
		{"a", "", nil, false},
	} {
		f, err := ParseFilter(test.filter)
		if err != nil {
			t.Errorf("%q: %v", test.filter, err)
			continue
		}
		wild, ok := f.Match(test.topic)
		if ok != test.ok || !cmp.Equal(wild, test.wild) && ok {
			t.Errorf("%q on %q: got %q, %v, want %q, %v", test.filter, test.topic, wild, ok, test.wild, test.ok)
		}
	}
	if _, ok := (Filter{}).Match("a"); ok {
		t.Error("the zero filter matches")
	}
}

func TestParseFilterSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for filter, want := range map[string]string{
		"":                       "is empty",
		"sport/tennis#":          `level 2 is "tennis#"`,
		"sport/#/ranking":        `level 2 is "#", which only the last may be`,
		"sport+":                 `level 1 is "sport+"`,
		"a/+b/c":                 `level 2 is "+b"`,
		"a/##":                   `level 2 is "##"`,
		"a\x00":                  "holds U+0000",
		"a\xff":                  "is not UTF-8",
		strings.Repeat("a", 1e5): "100000 bytes",
		strings.Repeat("/", 128): "129 levels",
	} {
		if _, err := ParseFilter(filter); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: got %v, want it to say %q", filter, err, want)
		}
	}
}

var filterRuns atomic.Uint64

// Any filter on any topic agrees with the regular expression that the standard's rules amount to.
func TestFilterAgreesWithRegexp(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &filterRuns, 20) {
		r := rand.New(rand.NewPCG(seed, 1))
		pick := func(words []string) string {
			var levels []string
			for range 1 + r.IntN(4) {
				levels = append(levels, words[r.IntN(len(words))])
			}
			return strings.Join(levels, "/")
		}
		matched := 0
		for range 500 {
			filter, topic := pick([]string{"a", "b", "", "+", "+", "$"}), pick([]string{"a", "b", "", "$"})
			if topic == "" || filter == "" {
				continue
			}
			if r.IntN(3) == 0 {
				filter += "/#"
			}
			pattern := regexp.QuoteMeta(filter)
			pattern = strings.ReplaceAll(pattern, `\+`, `([^/]*)`)
			pattern = strings.Replace(pattern, `/#`, `(?:/(.*))?`, 1)
			want := regexp.MustCompile("^" + pattern + "$").FindStringSubmatch(topic)
			if topic[0] == '$' && filter[0] == '+' {
				want = nil
			}
			f, err := ParseFilter(filter)
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			wild, ok := f.Match(topic)
			if ok != (want != nil) {
				t.Fatalf("seed %d: %q on %q: got %v, want %v", seed, filter, topic, ok, want != nil)
			}
			if ok {
				matched++
				if len(wild) != len(want)-1 || !cmp.Equal(append([]string{}, wild...), append([]string{}, want[1:]...)) {
					t.Fatalf("seed %d: %q on %q: got %q, want %q", seed, filter, topic, wild, want[1:])
				}
			}
		}
		if matched < 20 {
			t.Errorf("seed %d: only %d matched: the test shows little", seed, matched)
		}
	}
}

// FuzzFilter: no filter and no topic makes Match fail, and what a match returns is what stood there.
func FuzzFilter(f *testing.F) {
	f.Add("a/+/#", "a/b/c/d")
	f.Add("+/+", "/finance")
	f.Add("#", "$SYS")
	f.Fuzz(func(t *testing.T, filter, topic string) {
		parsed, err := ParseFilter(filter)
		if err != nil {
			return
		}
		wild, ok := parsed.Match(topic)
		if !ok || topicProblem(topic) != "" {
			return
		}
		again := filter
		for _, w := range wild {
			i := strings.IndexAny(again, "+#")
			again = again[:i] + w + again[i+1:]
		}
		none := strings.HasSuffix(filter, "/#") && wild[len(wild)-1] == "" && again == topic+"/" // "a/#" on "a"
		if again != topic && !none {
			t.Fatalf("%q on %q: %q gives %q", filter, topic, wild, again)
		}
	})
}
