package playbook

import "strings"

// countryRules say what is meant by a country whose parts have days of their own.
var countryRules = map[string]string{
	"at": "the public holidays of all Austria",
	"au": "only the days that all states and territories have; name one, such as au-nsw, for the others",
	"be": "the public holidays of all Belgium",
	"br": "the national holidays, with Carnival Tuesday and Corpus Christi, which are optional by law; no state's own",
	"ca": "only the five statutory days that all provinces and territories have; write your province's own under dates",
	"ch": "only the days that all cantons have; name one, such as ch-zh, for the others",
	"cz": "the public holidays of Czechia",
	"de": "only the days that all Länder have; name one, such as de-be, for the others",
	"dk": "the public holidays of Denmark, without Grundlovsdag",
	"es": "the national holidays; no autonomous community's own",
	"fr": "the public holidays of metropolitan France, without those of Alsace-Moselle",
	"gb": "the bank holidays of England and Wales; Scotland and Northern Ireland have others",
	"ie": "the public holidays of Ireland",
	"it": "the national holidays; no town's patron",
	"jp": "the public holidays of Japan, with the days that make up for Sundays",
	"nl": "the days on which most do not work: no Good Friday, and Bevrijdingsdag every fifth year",
	"no": "the public holidays of Norway",
	"nz": "the national public holidays with Matariki; no region's anniversary",
	"pl": "the public holidays of Poland, with Christmas Eve",
	"se": "the public holidays of Sweden; Midsummer's, Christmas and New Year's Eve are none by law, so write them under dates",
	"us": "the federal holidays; no state's own",
	"za": "the public holidays of South Africa, with the days that make up for Sundays",
}

// HolidayRules says in words which days a country's calendar holds; empty for a country that is not known.
func HolidayRules(country string) string {
	if rules := countryRules[country]; rules != "" {
		return rules
	}
	whole, region, found := strings.Cut(country, "-")
	if _, known := countries[country]; !known || !found {
		return ""
	}
	kind := map[string]string{"au": "the state or territory", "ch": "the canton", "de": "the Land"}[whole]
	return "the days off of " + kind + " " + strings.ToUpper(region) + ", national ones included; days of single towns and days that begin in the evening are not in it"
}
