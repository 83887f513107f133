// The model of src/clusterscore/model/build.py: same priors, same identification, same parametrisation.
// Figures, counts and answers of a design whose units all belong to the base cohort, without groups.
functions {
  // Deviations that sum to zero along the rows, from one row of coefficients less: an isometry.
  matrix deviations(matrix coefficients) {
    int n = rows(coefficients) + 1;
    row_vector[cols(coefficients)] total = ones_row_vector(n - 1) * coefficients;
    return append_row(coefficients - rep_matrix(total / (n + sqrt(n)), n - 1), -total / sqrt(n));
  }
}
data {
  int U, P, Y, C, L, S, I, M, J, K, R, Q; // units, pillars, years, cells, later cells, later years, indicators, ...
  array[C] int cell_unit, cell_year;
  array[C] int step_of_cell; // the step into each cell, 0 in a unit's first
  vector[L] gap;
  vector[S] later_gap;
  vector[P] entry_degree, step_degree, shock_degree;
  real severity_degree;
  int halo_centred;
  vector[P] weight_concentration;
  matrix[M, M - P] slope_basis;
  array[M] int measure_pillar;
  vector[M] gain_share;
  vector[I] direction, spread;
  int n_figures, n_figure_kinds;
  array[n_figures] int figure_cell, figure_indicator, figure_kind;
  vector[n_figures] figure;
  int n_counts, n_count_kinds;
  array[n_counts] int count_cell, count_indicator, count_kind, count;
  vector[n_counts] count_log_expected;
  array[Q] int questionnaire_rater, questionnaire_cell;
  int N; // answers, sorted by item; the overall item is the last
  array[N] int answer_cell, answer_questionnaire, answer;
  array[J + 1] int first_answer;
  real degrees_of_freedom;
  // priors: median and log-sd of log-normals, sd of half-normals
  array[2] real pillar_scale_prior, innovation_sd_prior, shock_sd_prior, slope_sd_prior, intercept_prior;
  array[2] real error_sd_prior, overdispersion_prior, overall_slope_prior, general_share_prior;
  real severity_sd_prior, halo_sd_prior, discrepancy_sd_prior, answer_share_prior;
}
transformed data {
  vector[L] root_gap = sqrt(gap);
  vector[S] root_later_gap = sqrt(later_gap);
}
parameters {
  vector<lower=0>[P] pillar_scale, innovation_sd, shock_sd;
  real<lower=0, upper=1> general_share;
  vector[U - 1] general;
  matrix[U - 1, P] entry;
  matrix[L, P] step;
  matrix[S, P] shock;
  simplex[P] weight;
  real<lower=0> slope_sd;
  vector[M - P] slope_contrast;
  vector[I] intercept;
  vector<lower=0>[n_figure_kinds] error_sd;
  vector<lower=0>[n_count_kinds] overdispersion;
  real<lower=0> overall_slope, discrepancy_sd, severity_sd, halo_sd;
  vector[U] discrepancy_deviation;
  vector[R - 1] severity_drawn;
  vector[Q] halo_drawn;
  array[J] simplex[K] answer_share;
}
transformed parameters {
  matrix[C, P] position;
  vector[C] composite;
  vector[M] slope = exp(slope_basis * slope_contrast);
  vector[P] reach; // scale of what is drawn: of the pillar, times how strongly it shows in what was recorded
  {
    vector[P] log_gain = rep_vector(0, P);
    for (m in 1:M) {
      log_gain[measure_pillar[m]] += gain_share[m] * log(slope[m]);
    }
    reach = pillar_scale .* exp(log_gain);
    matrix[U, P] deviation = deviations(entry);
    matrix[Y, P] level = rep_matrix(0, Y, P);
    for (p in 1:P) {
      deviation[, p] *= reach[p] ^ (1 - entry_degree[p]);
    }
    row_vector[P] stride, tide;
    for (p in 1:P) {
      stride[p] = (innovation_sd[p] * reach[p]) ^ (1 - step_degree[p]);
      tide[p] = (shock_sd[p] * reach[p]) ^ (1 - shock_degree[p]);
    }
    for (s in 1:S) {
      level[Y - S + s] = level[Y - S + s - 1] + tide .* shock[s];
    }
    matrix[C, P] path;
    for (c in 1:C) {
      path[c] = step_of_cell[c] ? path[c - 1] + stride .* step[step_of_cell[c]] : deviation[cell_unit[c]];
      position[c] = (path[c] + level[cell_year[c]]) .* exp(-log_gain)';
    }
    composite = position * (weight ./ pillar_scale);
  }
}
model {
  pillar_scale ~ lognormal(log(pillar_scale_prior[1]), pillar_scale_prior[2]);
  innovation_sd ~ lognormal(log(innovation_sd_prior[1]), innovation_sd_prior[2]);
  shock_sd ~ lognormal(log(shock_sd_prior[1]), shock_sd_prior[2]);
  general_share ~ beta(general_share_prior[1], general_share_prior[2]);
  general ~ std_normal();
  weight ~ dirichlet(weight_concentration);
  slope_sd ~ lognormal(log(slope_sd_prior[1]), slope_sd_prior[2]);
  slope_contrast ~ normal(0, slope_sd);
  intercept ~ normal(intercept_prior[1], intercept_prior[2]);
  error_sd ~ lognormal(log(error_sd_prior[1]), error_sd_prior[2]);
  overdispersion ~ lognormal(log(overdispersion_prior[1]), overdispersion_prior[2]);
  overall_slope ~ lognormal(log(overall_slope_prior[1]), overall_slope_prior[2]);
  discrepancy_sd ~ normal(0, discrepancy_sd_prior);
  severity_sd ~ normal(0, severity_sd_prior);
  halo_sd ~ normal(0, halo_sd_prior);
  discrepancy_deviation ~ std_normal();
  severity_drawn ~ normal(0, severity_sd ^ severity_degree);
  for (p in 1:P) {
    real drawn = reach[p] ^ entry_degree[p];
    entry[, p] ~ normal(sqrt(general_share) * drawn * general, sqrt(1 - general_share) * drawn);
    step[, p] ~ normal(0, root_gap * (innovation_sd[p] * reach[p]) ^ step_degree[p]);
    shock[, p] ~ normal(0, root_later_gap * (shock_sd[p] * reach[p]) ^ shock_degree[p]);
  }
  {
    vector[n_figures] mu;
    for (n in 1:n_figures) {
      int i = figure_indicator[n];
      mu[n] = intercept[i] + direction[i] * slope[i] * position[figure_cell[n], measure_pillar[i]];
    }
    figure ~ student_t(degrees_of_freedom, mu, error_sd[figure_kind]);
    vector[n_counts] rate;
    for (n in 1:n_counts) {
      int i = count_indicator[n];
      rate[n] = count_log_expected[n]
                + spread[i] * (intercept[i] + direction[i] * slope[i] * position[count_cell[n], measure_pillar[i]]);
    }
    count ~ neg_binomial_2_log(rate, overdispersion[count_kind]);
  }
  {
    vector[R] severity
      = severity_sd ^ (1 - severity_degree) * to_vector(deviations(to_matrix(severity_drawn, R - 1, 1)));
    vector[C] judged = composite + (discrepancy_sd * discrepancy_deviation)[cell_unit];
    vector[Q] strictness = severity[questionnaire_rater];
    if (halo_centred) {
      // drawn is how high the answers of a questionnaire are on average: level of the cell, less severity and halo
      vector[C] level = overall_slope * judged;
      for (j in 1:(J - 1)) {
        level += slope[I + j] * position[, measure_pillar[I + j]];
      }
      level /= J;
      for (j in 1:J) {
        level -= logit(sum(answer_share[j][1:(K %/% 2 + K % 2)])) / J;
      }
      halo_drawn ~ normal(level[questionnaire_cell] - strictness, halo_sd);
      strictness = level[questionnaire_cell] - halo_drawn;
    } else {
      halo_drawn ~ std_normal();
      strictness += halo_sd * halo_drawn;
    }
    for (j in 1:J) {
      int from = first_answer[j];
      int to = first_answer[j + 1] - 1;
      vector[C] signal = j < J ? slope[I + j] * position[, measure_pillar[I + j]] : overall_slope * judged;
      answer_share[j] ~ dirichlet(rep_vector(answer_share_prior, K));
      answer[from:to] ~ ordered_logistic(signal[answer_cell[from:to]] - strictness[answer_questionnaire[from:to]],
                                         logit(cumulative_sum(answer_share[j])[1:(K - 1)]));
    }
  }
}
