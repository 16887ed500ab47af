package synthetic

// hub is a place that draws people: a station, a market, a bar street.
type hub struct {
	place
	name     word
	reach    int64 // distance at which it has a quarter of its force, in metres
	strength int64 // how much more is reported at its middle, in percent
}

var hubs = []hub{
	{at(1163685, 399062), word{"Xidan", "西单"}, 700, 500},
	{at(1164050, 399110), word{"Wangfujing", "王府井"}, 600, 450},
	{at(1164560, 399085), word{"Guomao", "国贸"}, 900, 550},
	{at(1164490, 399330), word{"Sanlitun", "三里屯"}, 700, 600},
	{at(1163110, 399820), word{"Zhongguancun", "中关村"}, 900, 500},
	{at(1163320, 399920), word{"Wudaokou", "五道口"}, 700, 450},
	{at(1163160, 398945), word{"West Railway Station", "北京西站"}, 800, 550},
	{at(1163730, 398650), word{"South Railway Station", "北京南站"}, 700, 400},
	{at(1164210, 399030), word{"Beijing Railway Station", "北京站"}, 500, 450},
	{at(1163830, 399388), word{"Houhai", "后海"}, 600, 450},
	{at(1163970, 399370), word{"Nanluoguxiang", "南锣鼓巷"}, 400, 500},
	{at(1163915, 398965), word{"Qianmen", "前门"}, 500, 400},
	{at(1164700, 399960), word{"Wangjing", "望京"}, 1000, 400},
	{at(1164540, 398740), word{"Panjiayuan", "潘家园"}, 600, 400},
	{at(1164560, 398925), word{"Shuangjing", "双井"}, 500, 350},
	{at(1163045, 398800), word{"Liuliqiao", "六里桥"}, 600, 350},
	{at(1164290, 399400), word{"Dongzhimen", "东直门"}, 500, 450},
	{at(1163495, 399395), word{"Xizhimen", "西直门"}, 500, 400},
	{at(1163880, 399405), word{"Gulou", "鼓楼"}, 400, 350},
	{at(1164110, 399470), word{"Yonghegong", "雍和宫"}, 400, 350},
	{at(1163880, 399860), word{"Olympic Green", "奥体中心"}, 800, 300},
	{at(1163450, 398440), word{"Caoqiao", "草桥"}, 600, 350},
	{at(1163930, 398440), word{"Dahongmen", "大红门"}, 700, 400},
	{at(1164110, 400650), word{"Tiantongyuan", "天通苑"}, 1000, 450},
	{at(1163250, 400720), word{"Huilongguan", "回龙观"}, 1000, 450},
	{at(1161850, 399060), word{"Gucheng", "古城"}, 800, 300},
	{at(1166500, 399040), word{"Tongzhou", "通州"}, 900, 400},
	{at(1164990, 397940), word{"Yizhuang", "亦庄"}, 900, 350},
	{at(1163340, 397270), word{"Huangcun", "黄村"}, 800, 350},
	{at(1161360, 397330), word{"Liangxiang", "良乡"}, 800, 300},
	{at(1165920, 400560), word{"Houshayu", "后沙峪"}, 700, 350},
	{at(1165110, 399230), word{"Qingnian Road", "青年路"}, 700, 350},
}

// pull returns how much is reported at p because of the hubs, in percent of what it would be without.
func pull(p place) int64 {
	sum := int64(100)
	for i := range hubs {
		reach := hubs[i].reach * metre
		near := 1000 * reach * reach / (reach*reach + p.squared(hubs[i].place))
		sum += hubs[i].strength * near * near / 1_000_000
	}
	return sum
}
