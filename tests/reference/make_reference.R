# Writes forecasts.csv (made-up rows), reference_r.csv, delong_covariance.csv and lowess.csv.
# Run in this folder: Rscript make_reference.R
suppressPackageStartupMessages({library(pROC); library(rms)})
options(digits = 17)
set.seed(2013)

# 400 made-up people; `second` is coarse, so that it has many ties, `third` is weak and badly calibrated
n <- 400
readiness <- rnorm(n)
outcome <- rbinom(n, 1, plogis(-1.2 + 1.1 * readiness))
first <- round(plogis(-1.0 + 1.5 * readiness + rnorm(n, sd = 0.4)), 6)
second <- round(plogis(-1.4 + 0.7 * readiness + rnorm(n, sd = 0.6)), 1)
second <- pmin(pmax(second, 0.05), 0.95)
third <- round(plogis(0.2 - 0.3 * readiness + rnorm(n, sd = 0.8)), 6)
forecasts <- data.frame(outcome, first, second, third)
write.csv(forecasts, "forecasts.csv", row.names = FALSE, quote = FALSE)

rows <- list()
put <- function(quantity, value) rows[[length(rows) + 1]] <<- data.frame(quantity, value = format(value, digits = 17))

curves <- lapply(c("first", "second", "third"), function(name)
  roc(outcome, forecasts[[name]], levels = c(0, 1), direction = "<", quiet = TRUE))
names(curves) <- c("first", "second", "third")
for (name in names(curves)) {
  interval <- as.numeric(ci.auc(curves[[name]], method = "delong"))
  put(paste0(name, ".auc_low"), interval[1])
  put(paste0(name, ".auc"), interval[2])
  put(paste0(name, ".auc_high"), interval[3])
}
for (pair in list(c("first", "second"), c("first", "third"))) {
  test <- roc.test(curves[[pair[1]]], curves[[pair[2]]], method = "delong", paired = TRUE)
  key <- paste(pair, collapse = "-")
  put(paste0(key, ".z"), as.numeric(test$statistic))
  put(paste0(key, ".p"), test$p.value)
  put(paste0(key, ".low"), test$conf.int[1])
  put(paste0(key, ".high"), test$conf.int[2])
}
covariance <- sapply(names(curves), function(a) sapply(names(curves), function(b)
  if (a == b) var(curves[[a]], method = "delong") else cov(curves[[a]], curves[[b]], method = "delong")))
write.csv(format(covariance, digits = 17), "delong_covariance.csv", quote = FALSE)

for (name in names(curves)) {
  p <- forecasts[[name]]
  val <- val.prob(p, outcome, pl = FALSE, m = 0)
  for (stat in c("Brier", "Emax", "E90", "Eavg", "Intercept", "Slope")) {
    put(paste0(name, ".val.prob.", stat), as.numeric(val[stat]))
  }
  exact <- glm.control(epsilon = 1e-15, maxit = 100)
  fit <- coef(glm(outcome ~ qlogis(p), family = binomial, control = exact))
  put(paste0(name, ".glm.intercept"), as.numeric(fit[1]))
  put(paste0(name, ".glm.slope"), as.numeric(fit[2]))
  large <- coef(glm(outcome ~ 1, offset = qlogis(p), family = binomial, control = exact))
  put(paste0(name, ".glm.in_the_large"), as.numeric(large))
  curve <- lowess(p, outcome, iter = 0)
  at <- approx(curve, xout = p, ties = mean)$y
  put(paste0(name, ".e50"), as.numeric(median(abs(p - at))))
}

# integer weights, as a bootstrap of clients draws them
weight <- rep(c(0, 1, 2, 1, 3), length.out = n)
for (name in names(curves)) {
  p <- forecasts[[name]]
  fit <- coef(glm(outcome ~ qlogis(p), family = binomial, weights = weight, control = exact))
  put(paste0(name, ".weighted.intercept"), as.numeric(fit[1]))
  put(paste0(name, ".weighted.slope"), as.numeric(fit[2]))
}

# Cox-Snell R2 of binormal scores, by adaptive quadrature of the expected log-likelihood
for (setting in list(c(0.06, 0.75), c(0.15, 0.75), c(0.20, 0.75), c(0.30, 0.90))) {
  prevalence <- setting[1]
  d <- sqrt(2) * qnorm(setting[2])
  eta <- function(x) qlogis(prevalence) + d * x - d^2 / 2
  integrand <- function(x) prevalence * dnorm(x, d) * plogis(eta(x), log.p = TRUE) +
    (1 - prevalence) * dnorm(x) * plogis(eta(x), lower.tail = FALSE, log.p = TRUE)
  fitted <- integrate(integrand, -14, 14, rel.tol = 1e-12, subdivisions = 2000)$value
  null <- prevalence * log(prevalence) + (1 - prevalence) * log(1 - prevalence)
  put(sprintf("r2@%.2f/%.2f", prevalence, setting[2]), 1 - exp(-2 * (fitted - null)))
}
write.csv(do.call(rbind, rows), "reference_r.csv", row.names = FALSE, quote = FALSE)

# the curve itself: with R's own spacing, with none, and with a narrow span
curve <- function(name, label, ...) {
  fit <- lowess(forecasts[[name]], outcome, iter = 0, ...)
  data.frame(score = name, setting = label, x = format(fit$x, digits = 17), y = format(fit$y, digits = 17))
}
every <- rbind(
  curve("first", "default"), curve("second", "default"),
  curve("first", "delta=0", delta = 0), curve("second", "f=0.2", f = 0.2), curve("third", "f=0.2", f = 0.2)
)
write.csv(every[seq(1, nrow(every), by = 4), ], "lowess.csv", row.names = FALSE, quote = FALSE)
