// SPDX-License-Identifier: BSL-1.0
#pragma once

// Dumps of a quiescent world, as text for people and for comparing two states, as JSON for
// programs, and as dot for pictures (graphviz). Objects are named by numbers in the order of first
// mention, so equal states give equal bytes, in any run.
//
//   verify::dump_text(world, [](const char* s, std::size_t n) { fwrite(s, 1, n, stdout); });

#include <cstddef>
#include <string>

#include <rmap/verify/survey.hpp>
#include <rmap/verify/text.hpp>
#include <rmap/verify/world.hpp>

namespace rmap::inline RMAP_ABI::verify {

namespace detail {

/// `"` and `\` are the only characters in attributes that JSON and dot would take for their own.
[[nodiscard]] inline std::string quoted(const std::string& plain) {
    std::string all = "\"";
    for (char c : plain) {
        if (c == '"' || c == '\\') all += '\\';
        all += c;
    }
    return all + '"';
}

}  // namespace detail

/// One line an object: address spaces with their vmas and chains, anon_vmas, pages with their
/// places.
template <quiescent_world World, text_sink Sink>
void dump_text(World& world, Sink sink) {
    const survey<World> seen{world};
    for (std::size_t mm = 0, v = 0; mm < seen.mms.size(); ++mm) {
        put(sink, "mm ", seen.mm_ids[mm], '\n');
        for (; v < seen.vmas.size() && seen.vmas[v].mm == mm; ++v) {
            const auto& row = seen.vmas[v];
            std::string line = text("  ", seen.name(row), " pgoff ", hex{row.pgoff});
            if (row.file != nullptr) append(line, text(" ", seen.name(row.file)));
            if (!row.attributes.empty()) append(line, text(" ", row.attributes));
            append(line, text(" own ", seen.name(row.own)));
            for (auto* av : row.links)
                append(line, text(av == row.links[0] ? " chain " : " ", seen.name(av)));
            put(sink, line, '\n');
        }
    }
    for (auto* av : seen.known) {
        put(sink, seen.name(av), " root ", seen.name(av->root.load(order::acquire)), " parent ",
            seen.is_linked(av) ? seen.name(av->parent) : "-", " children ",
            std::uint32_t{av->num_children}, " active ", std::uint32_t{av->num_active_vmas},
            " refs ", ops::references(*av), '\n');
    }
    for (const auto& row : seen.pages) {
        std::string line = text("page ", std::size_t(&row - seen.pages.data()), " ",
                                seen.tag_name(row), " index ", hex{row.index});
        if (!row.attributes.empty()) append(line, text(" ", row.attributes));
        append(line, " at");
        for (const auto& at : row.places)
            append(line, text(" ", seen.name(at)));
        put(sink, line, '\n');
    }
    using stats = typename World::map_type::stats_type;
    if constexpr (stats::counts) {
        put(sink, "alive ", world.map().stats().anon_vmas(), " anon_vmas, ",
            world.map().stats().links(), " links\n");
    }
}

/// One object: {"mms": [...], "anon_vmas": [...], "pages": [...]}. Addresses are decimal numbers.
template <quiescent_world World, text_sink Sink>
void dump_json(World& world, Sink sink) {
    const survey<World> seen{world};
    const auto name = [&](auto* object) {
        return object == nullptr ? std::string{"null"} : detail::quoted(seen.name(object));
    };
    put(sink, "{\"mms\": [");
    for (std::size_t mm = 0, v = 0; mm < seen.mms.size(); ++mm) {
        put(sink, mm == 0 ? "\n" : ",\n", "  {\"mm\": ", seen.mm_ids[mm], ", \"vmas\": [");
        for (bool first = true; v < seen.vmas.size() && seen.vmas[v].mm == mm; ++v, first = false) {
            const auto& row = seen.vmas[v];
            put(sink, first ? "\n" : ",\n", "    {\"start\": ", row.start,
                ", \"pages\": ", row.pages, ", \"pgoff\": ", row.pgoff,
                ", \"file\": ", name(row.file),
                ", \"attributes\": ", detail::quoted(row.attributes),
                ",\n     \"own\": ", name(row.own), ", \"chain\": [");
            for (std::size_t i = 0; i < row.links.size(); ++i) {
                put(sink, i == 0 ? "" : ", ", name(row.links[i]));
            }
            put(sink, "]}");
        }
        put(sink, "]}");
    }
    put(sink, "],\n\"anon_vmas\": [");
    for (auto* av : seen.known) {
        put(sink, av == seen.known[0] ? "\n" : ",\n", "  {\"anon_vma\": ", name(av),
            ", \"root\": ", name(av->root.load(order::acquire)),
            ", \"parent\": ", seen.is_linked(av) ? name(av->parent.get()) : "null",
            ", \"children\": ", std::uint32_t{av->num_children},
            ", \"active\": ", std::uint32_t{av->num_active_vmas},
            ", \"refs\": ", ops::references(*av), '}');
    }
    put(sink, "],\n\"pages\": [");
    for (const auto& row : seen.pages) {
        put(sink, &row == seen.pages.data() ? "\n" : ",\n",
            "  {\"tag\": ", detail::quoted(seen.tag_name(row)), ", \"index\": ", row.index,
            ", \"attributes\": ", detail::quoted(row.attributes), ", \"places\": [");
        for (const auto& at : row.places) {
            put(sink, &at == row.places.data() ? "" : ", ", "[", seen.mm_ids[at.mm], ", ",
                at.address, "]");
        }
        put(sink, "]}");
    }
    put(sink, "]}\n");
}

/// A picture: vmas in a box for each mm; a solid line to each anon_vma of the chain, bold to the
/// own one; dotted from an anon_vma to its parent; dashed from a page to what it is tagged with.
template <quiescent_world World, text_sink Sink>
void dump_dot(World& world, Sink sink) {
    const survey<World> seen{world};
    put(sink, "digraph rmap {\n  rankdir=LR;\n  node [shape=box, fontname=\"monospace\"];\n");
    for (std::size_t mm = 0, v = 0; mm < seen.mms.size(); ++mm) {
        put(sink, "  subgraph cluster_", mm, " {\n    label=\"mm ", seen.mm_ids[mm], "\";\n");
        for (; v < seen.vmas.size() && seen.vmas[v].mm == mm; ++v) {
            const auto& row = seen.vmas[v];
            put(sink, "    v", v, " [label=", detail::quoted(text(hex{row.start}, '+', row.pages)),
                "];\n");
        }
        put(sink, "  }\n");
    }
    for (auto* av : seen.known) {
        put(sink, "  ", seen.name(av), " [shape=ellipse, label=\"", seen.name(av), "\\n",
            std::uint32_t{av->num_children}, " children, ", std::uint32_t{av->num_active_vmas},
            " active\"];\n");
        if (seen.is_linked(av) && av->parent != av) {
            put(sink, "  ", seen.name(av), " -> ", detail::quoted(seen.name(av->parent)),
                " [style=dotted];\n");
        }
    }
    for (std::size_t v = 0; v < seen.vmas.size(); ++v) {
        const auto& row = seen.vmas[v];
        for (auto* av : row.links) {
            put(sink, "  v", v, " -> ", seen.name(av), av == row.own ? " [style=bold];\n" : ";\n");
        }
        if (row.file != nullptr) put(sink, "  v", v, " -> ", seen.name(row.file), ";\n");
    }
    for (std::size_t p = 0; p < seen.pages.size(); ++p) {
        const auto& row = seen.pages[p];
        std::string places;
        for (const auto& at : row.places)
            append(places, text("\\n", seen.name(at)));
        put(sink, "  p", p, " [shape=note, label=\"page ", p, places, "\"];\n  p", p, " -> ",
            detail::quoted(seen.tag_name(row)), " [style=dashed];\n");
    }
    put(sink, "}\n");
}

}  // namespace rmap::inline RMAP_ABI::verify
