package styles

// Theme is the colours of a style.
type Theme string

// The themes.
const (
	Light Theme = "light" // a paper map
	Dark  Theme = "dark"  // a night map, on which data shine
)

// Lang is the language of a style's names and titles.
type Lang string

// The languages.
const (
	EN Lang = "en"
	ZH Lang = "zh"
)

// Variant is one of the styles that there are of a city.
type Variant struct {
	// Name stands in the style's URL.
	Name  string
	Theme Theme
	Lang  Lang
}

// Variants returns all styles there are, the default one first: it has a name of its own and is the
// same as the one after it.
func Variants() []Variant {
	return []Variant{
		{"default", Light, EN},
		{"light", Light, EN},
		{"dark", Dark, EN},
		{"light-zh", Light, ZH},
		{"dark-zh", Dark, ZH},
	}
}

// In returns the text in a language, or in the other where it has none in that one.
func (w Words) In(lang Lang) string {
	if lang == ZH && w.ZH != "" || w.EN == "" {
		return w.ZH
	}
	return w.EN
}
