# What R and spdep make of some cases. Rscript oracle.R FOLDER... reads in each
#   values.txt      one value a line
#   neighbours.txt  a line a cell: numbers of its neighbours from 1 on, may be empty
#   series.txt      a series a line, may be empty
# and writes results.txt: a line a result, its name and numbers with 17 digits.
suppressMessages(library(spdep))
for (folder in commandArgs(trailingOnly = TRUE)) {
	values <- scan(file.path(folder, "values.txt"), quiet = TRUE)
	nb <- lapply(strsplit(readLines(file.path(folder, "neighbours.txt")), " "), function(l) {
		l <- sort(as.integer(l))
		if (length(l) == 0) 0L else l
	})
	class(nb) <- "nb"
	attr(nb, "region.id") <- as.character(seq_along(nb))
	binary <- nb2listw(nb, style = "B", zero.policy = TRUE)

	out <- file(file.path(folder, "results.txt"), "w")
	say <- function(name, ...) {
		cat(name, vapply(c(...), function(v) sprintf("%.17g", v), ""), "\n", file = out)
	}
	star <- as.numeric(localG(values, nb2listw(include.self(nb), style = "B"), zero.policy = TRUE))
	gi <- as.numeric(localG(values, binary, zero.policy = TRUE))
	moran <- localmoran(values, binary, zero.policy = TRUE)
	quadrants <- as.integer(attr(moran, "quadr")$pysal) # 1 LL, 2 HL, 3 LH, 4 HH
	for (i in seq_along(values)) {
		say("cell", star[i], gi[i], moran[i, 1:5], quadrants[i])
	}
	# All cells count in n, also those without neighbours.
	if (all(values >= 0)) {
		g <- globalG.test(values, binary, zero.policy = TRUE, alternative = "two.sided", adjust.n = FALSE, adjust.x = FALSE)
		say("g", g$estimate, g$statistic, g$p.value)
	}
	m <- moran.test(values, binary, randomisation = TRUE, zero.policy = TRUE, alternative = "two.sided", adjust.n = FALSE)
	say("moran", m$estimate, m$statistic, m$p.value)

	# Base R's Kendall test of a series against time is Mann and Kendall's; the package Kendall gives S and
	# its variance where it is installed.
	for (line in readLines(file.path(folder, "series.txt"))) {
		x <- as.numeric(strsplit(line, " ")[[1]])
		t <- seq_along(x)
		k <- cor.test(t, x, method = "kendall", exact = FALSE, continuity = TRUE)
		s <- sum(sign(outer(x, x, function(a, b) b - a))[upper.tri(diag(length(x)))])
		ties <- table(x)
		n <- length(x)
		v <- (n * (n - 1) * (2 * n + 5) - sum(ties * (ties - 1) * (2 * ties + 5))) / 18
		if (requireNamespace("Kendall", quietly = TRUE)) {
			mk <- Kendall::MannKendall(x)
			s <- as.numeric(mk$S)
			v <- as.numeric(mk$varS)
		}
		say("trend", s, v, k$estimate, k$statistic, k$p.value)
	}
	close(out)
}
