package words

import (
	"fmt"
	"strings"
)

// Nearest finds the known word that a mistyped one was probably meant to be, or is empty.
func Nearest(word string, known []string) string {
	word = strings.ToLower(Clip(word))
	best, least := "", max(2, len(word)/3)+1
	for _, k := range known {
		if d := Distance(word, strings.ToLower(k)); d < least && d < len(k) {
			best, least = k, d
		}
	}
	return best
}

// Distance counts the letters to insert, delete, replace or swap with a neighbour.
func Distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(x)][len(y)]
}

// Suggest is the mend for a word that is not known: the nearest one, and all if they are few.
func Suggest(word string, known []string) string {
	const few = 20
	near := Nearest(word, known)
	switch {
	case len(known) == 0:
		return ""
	case near != "" && len(known) > few:
		return fmt.Sprintf("did you mean %s?", near)
	case near != "":
		return fmt.Sprintf("did you mean %s? known: %s", near, strings.Join(known, ", "))
	case len(known) > few:
		return fmt.Sprintf("known: %s and %d more", strings.Join(known[:few], ", "), len(known)-few)
	}
	return "known: " + strings.Join(known, ", ")
}
