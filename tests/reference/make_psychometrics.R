# Writes psychometrics_answers.csv (made-up answers) and psychometrics_r.csv.
# Run in this folder: Rscript make_psychometrics.R
suppressPackageStartupMessages({library(psych); library(lavaan)})
options(digits = 17)
set.seed(2013)

# 400 made-up people: nine items of three groups under one general factor, five levels; a tenth is a second view of the first
n <- 400
general <- rnorm(n)
groups <- matrix(rnorm(3 * n), n)
latent <- sapply(1:9, function(i) 0.6 * general + 0.45 * groups[, (i - 1) %/% 3 + 1] + rnorm(n, sd = 0.65))
latent <- cbind(latent, latent[, 1] + rnorm(n, sd = 0.8) + 0.3)
cuts <- c(-Inf, -1.2, -0.4, 0.3, 1.1, Inf)
answers <- as.data.frame(apply(latent, 2, function(x) as.integer(cut(x, cuts)) - 1))
names(answers) <- c(paste0("q", 1:9), "other1")
write.csv(answers, "psychometrics_answers.csv", row.names = FALSE, quote = FALSE)

rows <- list()
put <- function(quantity, value) rows[[length(rows) + 1]] <<- data.frame(quantity, value = format(value, digits = 17))
items <- answers[, 1:9]
r <- cor(items)
put("alpha", psych::alpha(items, warnings = FALSE)$total$raw_alpha)
three <- psych::fa(r, nfactors = 3, fm = "minres", rotate = "Promax", n.obs = n)
put("omega_total", 1 - sum(three$uniquenesses) / sum(r))
second <- psych::fa(three$Phi, nfactors = 1, fm = "minres", warnings = FALSE)
put("omega_hierarchical", sum(three$loadings %*% second$loadings)^2 / sum(r))
one <- psych::fa(r, nfactors = 1, fm = "minres")
for (i in 1:9) put(paste0("loading_", i), one$loadings[i])
put("omega_one_factor", 1 - sum(one$uniquenesses) / sum(r))
parallel <- psych::fa.parallel(items, fa = "pc", sim = FALSE, n.iter = 100, quant = 0.95, plot = FALSE)
put("parallel_factors", parallel$ncomp)
for (i in 1:9) put(paste0("eigenvalue_", i), parallel$pc.values[i])
model <- "a =~ q1 + q2 + q3\nb =~ q4 + q5 + q6\nc =~ q7 + q8 + q9"
for (m in c("one", "three")) {
  fit <- lavaan::cfa(if (m == "three") model else paste("g =~", paste(names(items), collapse = " + ")), items)
  for (i in c("chisq", "df", "pvalue", "cfi", "tli", "rmsea", "srmr")) put(paste(m, i, sep = "_"), fitMeasures(fit, i)[[1]])
}
pair <- answers[, c("q1", "other1")]
put("kappa", psych::cohen.kappa(pair)$weighted.kappa)
icc <- suppressWarnings(psych::ICC(pair, lmer = FALSE)$results)
put("icc", icc$ICC[icc$type == "ICC2"])
shrout <- matrix(c(9, 6, 8, 7, 10, 6, 2, 1, 4, 1, 5, 2), 6)
put("icc_shrout", psych::ICC(shrout, lmer = FALSE)$results$ICC[2])
# An item that is easier for one group by 0.8 on the logit scale, and one that is not: proportional odds by MASS
group <- rep(0:1, n / 2)
rest <- as.vector(scale(rowMeans(items[, 2:9])))
moved <- pmin(4, items$q1 + ifelse(group == 1 & seq_len(n) %% 3 == 0, 1, 0))
null <- MASS::polr(factor(moved) ~ 1)
alone <- MASS::polr(factor(moved) ~ rest)
crossed <- MASS::polr(factor(moved) ~ rest * group)
r2 <- function(fit) (1 - exp(2 * (as.numeric(logLik(null)) - as.numeric(logLik(fit))) / n)) / (1 - exp(2 * as.numeric(logLik(null)) / n))
put("dif_effect", r2(crossed) - r2(alone))
put("dif_p", pchisq(2 * (as.numeric(logLik(crossed)) - as.numeric(logLik(alone))), 2, lower.tail = FALSE))
write.csv(do.call(rbind, rows), "psychometrics_r.csv", row.names = FALSE, quote = FALSE)
