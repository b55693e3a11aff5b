-- Names with as many typing errors as $errors: in the whole, in the beginning, in a word. Most lack too many marks to be counted through.
WHEN bit_count($marks::HUGEINT & ~marks) > 3 * $errors THEN NULL
WHEN damerau_levenshtein(plain, $plain) <= $errors THEN 4
WHEN damerau_levenshtein(plain[:length($plain)], $plain) <= $errors THEN 5
WHEN list_min(list_transform(string_split(plain, ' '), lambda word: damerau_levenshtein(word, $plain))) <= $errors THEN 6
