//! Layout of a directed graph: nodes stand in layers from left to right, in the direction of links.
//!
//! Cycles are broken at the links that lead back in a walk from the sources. In the rest, the layer
//! of a node is the length of its longest path from a source. Links over several layers pass
//! through points that take a place among the nodes. Within a layer, the order and the heights
//! follow the mean position of the neighbours. The layout is a function of the order of nodes and
//! links alone.

mod rank;

use rank::{back_links, longest_ways};

/// Sizes of the nodes and links to be placed.
#[derive(Clone, Debug)]
pub(super) struct Sizes {
    /// Width and height of each node.
    pub(super) nodes: Vec<(f64, f64)>,
    /// Links.
    pub(super) links: Vec<Span>,
}

/// A link to be routed, and the size of its label.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Width and height of the label.
    pub(super) width: f64,
    pub(super) height: f64,
    /// Distance of the link below the top of its label.
    pub(super) line: f64,
}

/// Positions of all nodes and links.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    /// Top left corner of each node.
    pub(super) nodes: Vec<(f64, f64)>,
    /// Route of each link.
    pub(super) links: Vec<Way>,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Route of a link.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Way {
    /// From left to right through these points, horizontal at each.
    Forward {
        /// Points, at least two.
        points: Vec<(f64, f64)>,
        /// The middle of the top of its label.
        label: (f64, f64),
    },
    /// Back, or round to the same node, below all nodes through these corners.
    Back {
        /// Corners.
        points: Vec<(f64, f64)>,
        /// The middle of the top of its label.
        label: (f64, f64),
    },
}

const NODE_GAP: f64 = 26.0;
const POINT_GAP: f64 = 14.0;
const COLUMN_GAP: f64 = 56.0;
const LABEL_GAP: f64 = 40.0;
const SWEEPS: usize = 8;

/// Lays a graph out.
pub(super) fn layout(sizes: &Sizes) -> Layout {
    let ends: Vec<(usize, usize)> = sizes.links.iter().map(|link| (link.from, link.to)).collect();
    let back = back_links(sizes.nodes.len(), &ends);
    let layer = longest_ways(sizes.nodes.len(), &ends, &back);
    let mut grid = Grid::new(sizes, &layer, &back);
    grid.order();
    grid.columns(sizes);
    grid.heights();
    grid.finish(sizes, &layer)
}

/// A place in a layer: a node, or a point on a link.
#[derive(Clone, Debug)]
struct Place {
    size: (f64, f64),
    /// Middle of the left side.
    at: (f64, f64),
    /// Neighbours in the layers to the left and to the right.
    near: [Vec<usize>; 2],
    is_node: bool,
}

struct Grid {
    /// Nodes, then points.
    places: Vec<Place>,
    /// Places of each layer from top to bottom.
    layers: Vec<Vec<usize>>,
    /// Places on each link; empty if the link leads back.
    ways: Vec<Vec<usize>>,
    /// Left edge and width of each layer.
    columns: Vec<(f64, f64)>,
}

impl Grid {
    fn new(sizes: &Sizes, layer: &[usize], back: &[bool]) -> Self {
        let near = || [Vec::new(), Vec::new()];
        let node = |&size| Place { size, at: (0.0, 0.0), near: near(), is_node: true };
        let mut places: Vec<Place> = sizes.nodes.iter().map(node).collect();
        let count = layer.iter().max().map_or(0, |last| last + 1);
        let mut layers = vec![Vec::new(); count];
        for (node, &layer) in layer.iter().enumerate() {
            layers[layer].push(node);
        }
        let mut ways = Vec::new();
        for (&Span { from, to, .. }, &back) in sizes.links.iter().zip(back) {
            let mut way = Vec::new();
            if !back {
                way.push(from);
                for between in &mut layers[layer[from] + 1..layer[to]] {
                    between.push(places.len());
                    way.push(places.len());
                    let point =
                        Place { size: (0.0, 0.0), at: (0.0, 0.0), near: near(), is_node: false };
                    places.push(point);
                }
                way.push(to);
            }
            for pair in way.windows(2) {
                places[pair[0]].near[1].push(pair[1]);
                places[pair[1]].near[0].push(pair[0]);
            }
            ways.push(way);
        }
        Self { places, layers, ways, columns: Vec::new() }
    }

    /// Orders each layer by the mean position of neighbours, alternately from the left and from the
    /// right.
    fn order(&mut self) {
        let mut rank = vec![0.0; self.places.len()];
        for layer in &self.layers {
            layer.iter().enumerate().for_each(|(at, &place)| rank[place] = at as f64);
        }
        for sweep in 0..SWEEPS {
            let side = sweep % 2;
            let count = self.layers.len();
            for at in 0..count {
                let layer = &mut self.layers[if side == 0 { at } else { count - 1 - at }];
                let key = |&place: &usize| {
                    let near = &self.places[place].near[side];
                    match near.is_empty() {
                        true => rank[place],
                        false => {
                            near.iter().map(|&near| rank[near]).sum::<f64>() / near.len() as f64
                        }
                    }
                };
                layer.sort_by(|a, b| key(a).total_cmp(&key(b)));
                layer.iter().enumerate().for_each(|(at, &place)| rank[place] = at as f64);
            }
        }
    }

    /// Sets the columns: as wide as their widest node, with room for labels in between.
    fn columns(&mut self, sizes: &Sizes) {
        let mut x = 0.0;
        for (at, layer) in self.layers.iter().enumerate() {
            let width = layer.iter().map(|&place| self.places[place].size.0).fold(0.0, f64::max);
            for &place in layer {
                self.places[place].at.0 = x;
                // A point on a link is as wide as its column.
                self.places[place].size.0 = width.max(self.places[place].size.0);
            }
            self.columns.push((x, width));
            let labels = sizes.links.iter().zip(&self.ways);
            let links =
                labels.filter(|(_, way)| way.first().is_some_and(|from| layer.contains(from)));
            let widest = links.map(|(link, _)| link.width).fold(0.0, f64::max);
            let gap = if widest > 0.0 { widest + LABEL_GAP } else { 0.0 };
            x += width + if at + 1 < self.layers.len() { gap.max(COLUMN_GAP) } else { 0.0 };
        }
    }

    /// Sets the heights: those of the neighbours, as far as there is room.
    fn heights(&mut self) {
        for layer in &self.layers {
            let mut y = 0.0;
            for &place in layer {
                self.places[place].at.1 = y + self.places[place].size.1 / 2.0;
                y += self.places[place].size.1 + NODE_GAP;
            }
        }
        for sweep in 0..=2 * SWEEPS {
            for at in 0..self.layers.len() {
                let at = if sweep % 2 == 0 { at } else { self.layers.len() - 1 - at };
                self.settle(at, sweep);
            }
        }
    }

    fn settle(&mut self, layer: usize, sweep: usize) {
        let layer = &self.layers[layer];
        let wish = |&place: &usize| {
            let Place { near, at, .. } = &self.places[place];
            let near: Vec<usize> = match sweep % 2 {
                0 if !near[0].is_empty() => near[0].clone(),
                1 if !near[1].is_empty() => near[1].clone(),
                _ => near.concat(),
            };
            match near.is_empty() {
                true => at.1,
                false => {
                    near.iter().map(|&of| self.places[of].at.1).sum::<f64>() / near.len() as f64
                }
            }
        };
        let wishes: Vec<f64> = layer.iter().map(wish).collect();
        let gap = |pair: &[usize]| {
            let [above, below] = [&self.places[pair[0]], &self.places[pair[1]]];
            let gap = if above.is_node && below.is_node { NODE_GAP } else { POINT_GAP };
            (above.size.1 + below.size.1) / 2.0 + gap
        };
        let gaps: Vec<f64> = layer.windows(2).map(gap).collect();
        for (&place, y) in layer.iter().zip(spread(&wishes, &gaps)) {
            self.places[place].at.1 = y;
        }
    }

    fn finish(mut self, sizes: &Sizes, layer: &[usize]) -> Layout {
        let top = |place: &Place| place.at.1 - place.size.1 / 2.0;
        let highest = self.places.iter().map(top).fold(f64::INFINITY, f64::min);
        if highest.is_finite() {
            self.places.iter_mut().for_each(|place| place.at.1 -= highest);
        }
        let nodes = self.places[..sizes.nodes.len()].iter();
        let corners: Vec<(f64, f64)> = nodes.map(|place| (place.at.0, top(place))).collect();
        let lowest = self.places.iter().map(|place| place.at.1 + place.size.1 / 2.0);
        let mut height = lowest.fold(0.0, f64::max);
        let mut links = self.forward(sizes);
        let mut labels: Vec<f64> = Vec::new();
        for (link, way) in sizes.links.iter().zip(&mut links) {
            if let Way::Forward { label, .. } = way {
                labels.push(label.1 + link.height);
            } else {
                let y = height + 12.0 + link.line;
                *way = back_way(sizes, &corners, layer, link, y);
                height = y + link.height - link.line + 4.0;
            }
        }
        let height = labels.into_iter().fold(height, f64::max);
        let width = self.columns.last().map_or(0.0, |(x, width)| x + width);
        Layout { nodes: corners, links, width, height }
    }

    fn forward(&self, sizes: &Sizes) -> Vec<Way> {
        let mut ways: Vec<Way> = Vec::new();
        // The labels in each gap: link, and wished height.
        let mut gaps: Vec<Vec<(usize, f64)>> = vec![Vec::new(); self.layers.len()];
        for (link, way) in self.ways.iter().enumerate() {
            let [Some(&from), Some(&to)] = [way.first(), way.last()] else {
                ways.push(Way::Back { points: Vec::new(), label: (0.0, 0.0) });
                continue;
            };
            let mut points = Vec::new();
            let leaves = self.port(from, link, 1);
            points.push((self.places[from].at.0 + sizes.nodes[from].0, leaves));
            for &through in &way[1..way.len() - 1] {
                let Place { at, size, .. } = &self.places[through];
                points.extend([*at, (at.0 + size.0, at.1)]);
            }
            points.push((self.places[to].at.0, self.port(to, link, 0)));
            let column = self.columns.iter().position(|(x, _)| *x == self.places[from].at.0);
            let column = column.unwrap_or(0);
            let right = self.columns[column].0 + self.columns[column].1;
            let left = self.columns.get(column + 1).map_or(right, |(x, _)| *x);
            let middle = (points[0].1 + points[1].1) / 2.0;
            gaps[column].push((link, middle - sizes.links[link].line));
            ways.push(Way::Forward { points, label: ((left + right) / 2.0, middle) });
        }
        for labels in &mut gaps {
            labels.sort_by(|a, b| a.1.total_cmp(&b.1));
            let wishes: Vec<f64> = labels.iter().map(|(_, y)| *y).collect();
            let apart = labels.windows(2).map(|two| sizes.links[two[0].0].height + 8.0);
            let apart: Vec<f64> = apart.collect();
            for ((link, _), y) in labels.iter().zip(spread(&wishes, &apart)) {
                if let Way::Forward { label, .. } = &mut ways[*link] {
                    label.1 = y.max(0.0);
                }
            }
        }
        ways
    }

    /// Height at which a link meets the right (1) or left (0) side of a node: links from above
    /// meet it further up.
    fn port(&self, node: usize, link: usize, side: usize) -> f64 {
        let place = &self.places[node];
        let next = |way: &Vec<usize>| match side {
            1 => (way.first() == Some(&node)).then(|| way[1]),
            _ => (way.last() == Some(&node)).then(|| way[way.len() - 2]),
        };
        let mut meet: Vec<(f64, usize)> = (0..)
            .zip(&self.ways)
            .filter_map(|(link, way)| Some((self.places[next(way)?].at.1, link)))
            .collect();
        meet.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let at = meet.iter().position(|(_, other)| *other == link).unwrap_or(0) as f64;
        let apart = (place.size.1 / (meet.len() as f64 + 1.0)).min(22.0);
        place.at.1 + (at - (meet.len() as f64 - 1.0) / 2.0) * apart
    }
}

/// The route of a link back, below all nodes at `y`: out of the bottom of a node with nothing
/// below, or round its side.
fn back_way(sizes: &Sizes, corners: &[(f64, f64)], layer: &[usize], link: &Span, y: f64) -> Way {
    let (from, to) = (link.from, link.to);
    let is_lowest = |node: usize| {
        let same = |&other: &usize| layer[other] == layer[node];
        (0..layer.len()).filter(same).all(|other| corners[other].1 <= corners[node].1)
    };
    let bottom = |node: usize| corners[node].1 + sizes.nodes[node].1;
    let mut points = Vec::new();
    let (right, left) = (corners[from].0 + sizes.nodes[from].0, corners[to].0);
    let aside = |node: usize| bottom(node) - 12.0;
    let start = match is_lowest(from) {
        true => {
            let x = corners[from].0 + sizes.nodes[from].0 * 0.6;
            points.push((x, bottom(from)));
            x
        }
        false => {
            points.extend([(right, aside(from)), (right + 12.0, aside(from))]);
            right + 12.0
        }
    };
    let end = match is_lowest(to) {
        true => corners[to].0 + sizes.nodes[to].0 * 0.4,
        false => left - 14.0,
    };
    points.extend([(start, y), (end, y)]);
    match is_lowest(to) {
        true => points.push((end, bottom(to))),
        false => points.extend([(end, aside(to)), (left, aside(to))]),
    }
    Way::Back { points, label: (f64::midpoint(start, end), y - link.line) }
}

/// Positions with at least `gaps` between neighbours, in order, that minimise the sum of squared
/// distances to `wishes` (isotonic regression by pooling adjacent violators).
fn spread(wishes: &[f64], gaps: &[f64]) -> Vec<f64> {
    // With the gaps subtracted, positions must not decrease: violating neighbours are pooled.
    let mut pools: Vec<(f64, usize)> = Vec::new();
    let mut offset = 0.0;
    for (at, wish) in wishes.iter().enumerate() {
        offset += if at == 0 { 0.0 } else { gaps[at - 1] };
        let mut pool = (wish - offset, 1_usize);
        while let Some(&(sum, count)) = pools.last() {
            if sum / count as f64 <= pool.0 / pool.1 as f64 {
                break;
            }
            pools.pop();
            pool = (pool.0 + sum, pool.1 + count);
        }
        pools.push(pool);
    }
    let levels = pools.iter().flat_map(|&(sum, count)| vec![sum / count as f64; count]);
    let mut offset = 0.0;
    let place = |(at, level): (usize, f64)| {
        offset += if at == 0 { 0.0 } else { gaps[at - 1] };
        level + offset
    };
    levels.enumerate().map(place).collect()
}

#[cfg(test)]
mod tests;
