package synthetic

import (
	"strings"
	"testing"
)

// TestNames checks that the two spellings of a name say the same.
func TestNames(t *testing.T) {
	t.Parallel()
	yongan := stem{name: word{"Yongan", "永安"}}
	east := stem{name: yongan.name, side: word{"East ", "东"}}
	for _, test := range []struct{ got, want word }{
		{yongan.with(wordLane), word{"Yongan Lane", "永安巷"}},
		{yongan.with(wordHutong), word{"Yongan Hutong", "永安胡同"}},
		{east.with(wordRoad), word{"East Yongan Road", "永安东路"}},
		{yongan.numbered(3, wordLane), word{"Yongan 3 Lane", "永安三巷"}},
		{east.numbered(12, wordTiao), word{"East Yongan 12 Hutong", "永安东十二条"}},
		{yongan.numbered(20, wordLane), word{"Yongan 20 Lane", "永安二十巷"}},
	} {
		if test.got != test.want {
			t.Errorf("got %v, want %v", test.got, test.want)
		}
	}
}

// TestEveryStreetHasBothNames checks that no street lacks a name, that a Chinese one has no Latin
// letter, and that equal names are equal in both languages.
func TestEveryStreetHasBothNames(t *testing.T) {
	t.Parallel()
	spelled := map[string]string{}
	streets := sample().streets.streets
	for i := range streets {
		s := &streets[i]
		if s.name == "" || s.zh == "" || strings.ContainsFunc(s.zh, func(c rune) bool { return c < 0x4e00 || c > 0x9fff }) {
			t.Fatalf("street %q is %q in Chinese", s.name, s.zh)
		}
		if zh, ok := spelled[s.name]; ok && zh != s.zh {
			t.Errorf("street %q is %q and %q in Chinese", s.name, s.zh, zh)
		}
		spelled[s.name] = s.zh
	}
	for i, zh := range districtsZH {
		if zh == "" {
			t.Errorf("district %s has no Chinese name", districts[i])
		}
	}
}

func TestAddressZH(t *testing.T) {
	t.Parallel()
	a := address{street: &street{zh: "永安胡同"}, number: 12}
	if got, want := string(a.appendZH([]byte("在"))), "在永安胡同12号"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
