package synthetic

// town is a place with streets of its own outside the 5th ring.
type town struct {
	place
	name    word
	blocks  int64 // along each side
	density int64 // as in density, at its middle
}

// towns, of which those that are the seat of a district come first.
var towns = []town{
	{at(1166500, 399050), word{"Tongzhou", "通州"}, 16, 70},
	{at(1162280, 402180), word{"Changping", "昌平"}, 12, 55},
	{at(1166480, 401280), word{"Shunyi", "顺义"}, 13, 55},
	{at(1163350, 397270), word{"Huangcun", "黄村"}, 13, 65},
	{at(1161360, 397330), word{"Liangxiang", "良乡"}, 11, 50},
	{at(1161000, 399380), word{"Mentougou", "门头沟"}, 8, 45},
	{at(1166260, 403180), word{"Huairou", "怀柔"}, 9, 40},
	{at(1168380, 403760), word{"Miyun", "密云"}, 9, 40},
	{at(1171150, 401420), word{"Pinggu", "平谷"}, 9, 40},
	{at(1159700, 404570), word{"Yanqing", "延庆"}, 8, 35},
	{at(1163250, 400720), word{"Huilongguan", "回龙观"}, 12, 85},
	{at(1164120, 400640), word{"Tiantongyuan", "天通苑"}, 10, 90},
	{at(1165000, 397900), word{"Yizhuang", "亦庄"}, 11, 55},
	{at(1165920, 400560), word{"Houshayu", "后沙峪"}, 6, 50},
	{at(1162640, 401280), word{"Shahe", "沙河"}, 6, 45},
	{at(1164200, 401120), word{"Beiqijia", "北七家"}, 6, 45},
	{at(1159900, 397020), word{"Yanshan", "燕山"}, 6, 35},
	{at(1159690, 396600), word{"Zhoukoudian", "周口店"}, 4, 30},
	{at(1160620, 396520), word{"Doudian", "窦店"}, 5, 30},
	{at(1160420, 396080), word{"Liulihe", "琉璃河"}, 5, 30},
	{at(1159000, 396050), word{"Zhangfang", "张坊"}, 3, 25},
	{at(1163180, 396330), word{"Panggezhuang", "庞各庄"}, 5, 30},
	{at(1164150, 396650), word{"Anding", "安定"}, 4, 28},
	{at(1166420, 396620), word{"Caiyu", "采育"}, 5, 30},
	{at(1165600, 396250), word{"Lixian", "礼贤"}, 4, 25},
	{at(1167870, 397110), word{"Yongledian", "永乐店"}, 5, 30},
	{at(1167720, 397850), word{"Huoxian", "漷县"}, 4, 30},
	{at(1168700, 398720), word{"Xiji", "西集"}, 4, 28},
	{at(1168150, 401650), word{"Yangzhen", "杨镇"}, 5, 32},
	{at(1166600, 402180), word{"Niulanshan", "牛栏山"}, 4, 32},
	{at(1164900, 401980), word{"Gaoliying", "高丽营"}, 4, 30},
	{at(1168000, 400750), word{"Zhangzhen", "张镇"}, 4, 28},
	{at(1169900, 400820), word{"Mafang", "马坊"}, 5, 32},
	{at(1170020, 401980), word{"Yukou", "峪口"}, 4, 28},
	{at(1161280, 402420), word{"Nankou", "南口"}, 5, 32},
	{at(1161330, 401380), word{"Yangfang", "阳坊"}, 4, 28},
	{at(1164000, 402400), word{"Xiaotangshan", "小汤山"}, 5, 30},
	{at(1158900, 403780), word{"Kangzhuang", "康庄"}, 4, 28},
	{at(1161080, 404600), word{"Yongning", "永宁"}, 3, 25},
	{at(1167200, 403600), word{"Xiwengzhuang", "西翁庄"}, 3, 25},
	{at(1168450, 402900), word{"Henanzhai", "河南寨"}, 4, 28},
}
