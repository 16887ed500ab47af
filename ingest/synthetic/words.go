package synthetic

// The syllables that names of streets are made of.
var (
	firstSyllables = [...]string{
		"Yong", "An", "Xin", "Dong", "Xi", "Nan", "Bei", "Guang", "He", "Ping", "Fu", "Tai", "Jin", "Hong", "Cui",
		"Song", "Bai", "Qing", "Long", "Feng", "Ma", "Shi", "Da", "Xiao", "Deng", "Zhu", "Lan", "Mei", "Yu", "Hua",
	}
	secondSyllables = [...]string{
		"an", "he", "min", "ping", "cheng", "hua", "shi", "lin", "yuan", "qiao", "men", "zhuang", "fang", "shan",
		"hai", "tan", "jing", "cun", "dian", "kou", "xing", "tai", "le", "bao",
	}
)

// streetName draws a street's name without its last word.
func streetName(r *random) string {
	name := firstSyllables[r.below(int64(len(firstSyllables)))] + secondSyllables[r.below(int64(len(secondSyllables)))]
	switch r.below(5) {
	case 0:
		return "East " + name
	case 1:
		return "West " + name
	default:
		return name
	}
}
