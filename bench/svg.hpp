// SPDX-License-Identifier: BSL-1.0
#pragma once

// Curves over logarithmic axes as SVG, for the page and for files of their own. A curve has the
// colour of its contestant: --c0, --c1, ... in the order of their first figure.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "text.hpp"

namespace rmap_bench {

[[nodiscard]] inline std::string escaped(const std::string& text) {
    std::string out;
    for (char c : text) {
        switch (c) {
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '&': out += "&amp;"; break;
            case '"': out += "&quot;"; break;
            default: out += c;
        }
    }
    return out;
}

struct curve {
    std::string name{};
    std::size_t colour = 0;
    std::vector<std::pair<double, double>> points{};  // all above 0
};
struct chart {
    std::string file{};  // a short name without extension
    std::string title{};
    std::string across{};
    std::string up{};
    std::vector<curve> curves{};
};

/// The colours, light and dark, of the page and of a picture alike.
inline constexpr char colours[] = R"(
:root { --back:#ffffff; --panel:#f6f7f9; --ink:#1c2430; --soft:#5c6773; --line:#d9dee5;
  --c0:#c8374a; --c1:#0b62c4; --c2:#c77700; --c3:#7a4fb5; --c4:#1f8a56; --c5:#8a5a2b; --c6:#c2338b;
  --c7:#0e8a94; --good:11,98,196; --bad:200,55,74; }
@media (prefers-color-scheme: dark) { :root { --back:#12161c; --panel:#1a2028; --ink:#e8ecf1;
  --soft:#9aa6b3; --line:#323b47; --c0:#ff7a88; --c1:#62acff; --c2:#ffb454; --c3:#c3a1ff;
  --c4:#5fd39a; --c5:#d9a877; --c6:#ff8fd0; --c7:#5ed3dc; --good:70,140,235; --bad:225,85,100; } }
svg.chart { font: 12px system-ui, sans-serif; }
svg.chart text { fill: var(--soft); }
svg.chart .title { fill: var(--ink); font-weight: 600; font-size: 14px; }
svg.chart .grid { stroke: var(--line); stroke-width: 1; }
svg.chart .curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
svg.chart .name { font-weight: 600; }
)";

/// `stroke` or `fill`, for a curve's colour.
[[nodiscard]] inline std::string coloured(const char* what, std::size_t colour) {
    return std::string{"style=\""} + what + ":var(--c" + std::to_string(colour % 8) + ")\"";
}

namespace detail {

[[nodiscard]] inline std::string fixed(double x) {
    char out[32];
    std::snprintf(out, sizeof out, "%.1f", x);
    return out;
}

/// A logarithmic axis between powers of ten (of two for what is counted so) that hold all values.
struct axis {
    double low = 1;
    double high = 10;
    double from = 0;  // where low and high are drawn
    double to = 1;
    [[nodiscard]] double at(double value) const {
        return from + (to - from) * std::log(value / low) / std::log(high / low);
    }
};

/// A power of ten at an axis, or a value: 100, 10 k, 1 M.
[[nodiscard]] inline std::string number(double value) {
    char out[32];
    const bool million = value >= 1e6;
    const bool thousand = !million && value >= 1e4;
    std::snprintf(out, sizeof out, "%.4g%s",
                  value / (million    ? 1e6
                           : thousand ? 1e3
                                      : 1),
                  million    ? " M"
                  : thousand ? " k"
                             : "");
    return out;
}

}  // namespace detail

[[nodiscard]] inline std::string svg_of(const chart& of, bool of_its_own) {
    using detail::fixed;
    constexpr double wide = 520;
    constexpr double tall = 320;
    detail::axis x{1e300, 0, 62, 408};
    detail::axis y{1e300, 0, tall - 46, 40};
    std::vector<double> ticks;
    for (const curve& c : of.curves) {
        for (const auto& [px, py] : c.points) {
            x.low = std::min(x.low, px);
            x.high = std::max(x.high, px);
            y.low = std::min(y.low, py);
            y.high = std::max(y.high, py);
            if (std::find(ticks.begin(), ticks.end(), px) == ticks.end()) ticks.push_back(px);
        }
    }
    if (x.high <= x.low) x.high = x.low * 10;
    y.low = std::pow(10, std::floor(std::log10(y.low)));
    y.high = std::max(y.low * 10, std::pow(10, std::ceil(std::log10(y.high))));

    std::string out = "<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " +
                      fixed(wide) + ' ' + fixed(tall) + "\" role=\"img\" aria-label=\"" +
                      escaped(of.title) + "\">\n";
    if (of_its_own) {
        out += std::string{"<style>"} + colours + "</style>\n<rect width=\"" + fixed(wide) +
               "\" height=\"" + fixed(tall) + "\" style=\"fill:var(--back)\"/>\n";
    }
    const auto text = [&](double tx, double ty, const char* more, const std::string& what) {
        out += "<text x=\"" + fixed(tx) + "\" y=\"" + fixed(ty) + "\" " + more + '>' +
               escaped(what) + "</text>\n";
    };
    text(12, 20, "class=\"title\"", of.title);
    for (double v = y.low; v <= y.high * 1.001; v *= 10) {
        const std::string h = fixed(y.at(v));
        out += "<line class=\"grid\" x1=\"" + fixed(x.from) + "\" x2=\"" + fixed(x.to) +
               "\" y1=\"" + h + "\" y2=\"" + h + "\"/>\n";
        text(x.from - 8, y.at(v) + 4, "text-anchor=\"end\"", detail::number(v));
    }
    for (const double v : ticks) {
        const std::string w = fixed(x.at(v));
        out += "<line class=\"grid\" y1=\"" + fixed(y.from) + "\" y2=\"" + fixed(y.to) +
               "\" x1=\"" + w + "\" x2=\"" + w + "\"/>\n";
        text(x.at(v), y.from + 18, "text-anchor=\"middle\"", detail::number(v));
    }
    text((x.from + x.to) / 2, tall - 8, "text-anchor=\"middle\"", of.across);
    text(x.from, 36, "text-anchor=\"start\"", of.up);

    // Names at the right ends, apart from each other.
    std::vector<double> heights;
    for (const curve& c : of.curves)
        heights.push_back(c.points.empty() ? 0 : y.at(c.points.back().second));
    std::vector<std::size_t> order(heights.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return heights[a] < heights[b]; });
    for (std::size_t i = 1; i < order.size(); ++i)
        heights[order[i]] = std::max(heights[order[i]], heights[order[i - 1]] + 15);
    double limit = y.from + 6;
    for (std::size_t i = order.size(); i-- > 0; limit -= 15)
        heights[order[i]] = std::min(heights[order[i]], limit);
    for (std::size_t i = 0; i != of.curves.size(); ++i) {
        const curve& c = of.curves[i];
        if (c.points.empty()) continue;
        std::string path;
        for (const auto& [px, py] : c.points) {
            path += (path.empty() ? 'M' : 'L') + fixed(x.at(px)) + ' ' + fixed(y.at(py));
            out += "<circle r=\"3\" cx=\"" + fixed(x.at(px)) + "\" cy=\"" + fixed(y.at(py)) +
                   "\" " + coloured("fill", c.colour) + "><title>" + escaped(c.name) + ": " +
                   detail::number(py) + "</title></circle>\n";
        }
        out += "<path class=\"curve\" d=\"" + path + "\" " + coloured("stroke", c.colour) + "/>\n";
        text(x.to + 12, heights[i] + 4, ("class=\"name\" " + coloured("fill", c.colour)).c_str(),
             c.name);
    }
    return out + "</svg>\n";
}

}  // namespace rmap_bench
