package synthetic

import "strconv"

// word is a piece of a name: in pinyin or English, and the Chinese characters that say the same.
type word struct{ en, zh string }

// The syllables that names of streets are made of. Each has one character, so that both spellings of
// a street are one name.
var (
	firstSyllables = [...]word{
		{"Yong", "永"},
		{"An", "安"},
		{"Xin", "新"},
		{"Dong", "东"},
		{"Xi", "西"},
		{"Nan", "南"},
		{"Bei", "北"},
		{"Guang", "广"},
		{"He", "和"},
		{"Ping", "平"},
		{"Fu", "福"},
		{"Tai", "太"},
		{"Jin", "金"},
		{"Hong", "红"},
		{"Cui", "翠"},
		{"Song", "松"},
		{"Bai", "白"},
		{"Qing", "青"},
		{"Long", "龙"},
		{"Feng", "丰"},
		{"Ma", "马"},
		{"Shi", "石"},
		{"Da", "大"},
		{"Xiao", "小"},
		{"Deng", "灯"},
		{"Zhu", "竹"},
		{"Lan", "兰"},
		{"Mei", "梅"},
		{"Yu", "玉"},
		{"Hua", "花"},
	}
	secondSyllables = [...]word{
		{"an", "安"},
		{"he", "和"},
		{"min", "民"},
		{"ping", "平"},
		{"cheng", "城"},
		{"hua", "华"},
		{"shi", "市"},
		{"lin", "林"},
		{"yuan", "园"},
		{"qiao", "桥"},
		{"men", "门"},
		{"zhuang", "庄"},
		{"fang", "坊"},
		{"shan", "山"},
		{"hai", "海"},
		{"tan", "潭"},
		{"jing", "井"},
		{"cun", "村"},
		{"dian", "店"},
		{"kou", "口"},
		{"xing", "兴"},
		{"tai", "台"},
		{"le", "乐"},
		{"bao", "堡"},
	}
)

// The last words of streets' names. Numbered hutong are tiao in Chinese, as in the real city.
var (
	wordRoad   = word{" Road", "路"}
	wordStreet = word{" Street", "街"}
	wordLane   = word{" Lane", "巷"}
	wordHutong = word{" Hutong", "胡同"}
	wordTiao   = word{" Hutong", "条"}
	wordPark   = word{" Park", "公园"}
	wordForest = word{" Forest Park", "森林公园"}
	wordCun    = word{" Village", "村"}
)

// stem is a street's name without its last word. In English the side comes first, in Chinese after
// the name: East Yongan, 永安东.
type stem struct{ name, side word }

// drawStem draws the stem of a street's name.
func drawStem(r *random) stem {
	first := firstSyllables[r.below(int64(len(firstSyllables)))]
	second := secondSyllables[r.below(int64(len(secondSyllables)))]
	s := stem{name: word{first.en + second.en, first.zh + second.zh}}
	switch r.below(5) {
	case 0:
		s.side = word{"East ", "东"}
	case 1:
		s.side = word{"West ", "西"}
	}
	return s
}

// with returns the stem with the last word of a name.
func (s stem) with(last word) word {
	return word{s.side.en + s.name.en + last.en, s.name.zh + s.side.zh + last.zh}
}

// numbered returns the stem with a number, at least 1, and the last word of a name.
func (s stem) numbered(number int64, last word) word {
	n := word{" " + strconv.FormatInt(number, 10), chineseNumber(number)}
	return s.with(word{n.en + last.en, n.zh + last.zh})
}

// digitsZH are the digits in Chinese.
var digitsZH = [...]string{"", "一", "二", "三", "四", "五", "六", "七", "八", "九"}

// chineseNumber returns n, 1 to 99, in Chinese.
func chineseNumber(n int64) string {
	switch {
	case n < 10:
		return digitsZH[n]
	case n < 20:
		return "十" + digitsZH[n%10]
	default:
		return digitsZH[n/10] + "十" + digitsZH[n%10]
	}
}
