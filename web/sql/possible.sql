-- Which names a search can mean: one that holds its words has all their marks, and each typing error costs three at most.
bit_count($words::HUGEINT & ~marks) = 0 OR bit_count($marks::HUGEINT & ~marks) <= 3 * $errors
