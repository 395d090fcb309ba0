package export_acme_tally_words

import (
	"sort"
	"strings"
	types "wit_component/acme_tally_words"
)

func Count(text string) []types.Tally {
	times := map[string]uint32{}
	for _, word := range strings.Fields(strings.ToLower(text)) {
		times[word]++
	}
	all := []types.Tally{}
	for word, n := range times {
		all = append(all, types.Tally{Word: word, Times: n})
	}
	sort.Slice(all, func(a, b int) bool {
		if all[a].Times != all[b].Times {
			return all[a].Times > all[b].Times
		}
		return all[a].Word < all[b].Word
	})
	return all
}
