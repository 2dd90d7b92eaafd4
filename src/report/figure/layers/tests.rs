//! Graphs of every shape: nothing overlaps, and it ends.

use super::*;

fn graph(nodes: usize, links: &[(usize, usize)]) -> Sizes {
    Sizes {
        nodes: vec![(100.0, 40.0); nodes],
        links: links.iter().map(|&(from, to)| span(from, to)).collect(),
    }
}

fn span(from: usize, to: usize) -> Span {
    Span { from, to, width: 60.0, height: 30.0, line: 15.0 }
}

fn is_sound(sizes: &Sizes) -> Layout {
    let placed = layout(sizes);
    let rect = |node: usize| {
        let ((x, y), (w, h)) = (placed.nodes[node], sizes.nodes[node]);
        (x, y, x + w, y + h)
    };
    for node in 0..sizes.nodes.len() {
        let (x, y, right, bottom) = rect(node);
        assert!(x >= 0.0 && y >= 0.0 && right <= placed.width && bottom <= placed.height);
        for other in 0..node {
            let (ox, oy, oright, obottom) = rect(other);
            let apart = right < ox || oright < x || bottom < oy || obottom < y;
            assert!(apart, "{node} and {other} overlap: {placed:?}");
        }
    }
    placed
}

#[test]
fn a_chain_runs_to_the_right_on_one_level() {
    let placed = is_sound(&graph(3, &[(0, 1), (1, 2)]));
    assert!(placed.nodes[0].0 < placed.nodes[1].0 && placed.nodes[1].0 < placed.nodes[2].0);
    assert!(placed.nodes.iter().all(|(_, y)| *y == placed.nodes[0].1));
}

#[test]
fn a_fan_does_not_cross() {
    let placed = is_sound(&graph(7, &[(0, 3), (1, 2), (0, 4), (1, 5), (3, 6), (4, 6)]));
    let y = |node: usize| placed.nodes[node].1;
    assert_eq!((y(0) < y(1)), (y(3).max(y(4)) < y(2).min(y(5))), "{placed:?}");
}

#[test]
fn cycles_loops_and_islands_end() {
    is_sound(&graph(0, &[]));
    is_sound(&graph(1, &[(0, 0)]));
    is_sound(&graph(2, &[(0, 1), (1, 0), (1, 0)]));
    let placed = is_sound(&graph(4, &[(0, 1), (1, 2), (2, 0), (2, 1)]));
    let back = |way: &&Way| matches!(way, Way::Back { .. });
    assert_eq!(placed.links.iter().filter(back).count(), 2);
    let all: Vec<_> = (0..9).flat_map(|from| (0..9).map(move |to| (from, to))).collect();
    is_sound(&graph(9, &all));
}

#[test]
fn a_long_link_passes_between_nodes() {
    let sizes = graph(4, &[(0, 1), (1, 2), (2, 3), (0, 3)]);
    let placed = is_sound(&sizes);
    let Way::Forward { points, .. } = &placed.links[3] else { panic!("it runs forward") };
    assert_eq!(points.len(), 6);
    for (x, y) in &points[1..5] {
        for node in [1, 2] {
            let ((left, top), (w, h)) = (placed.nodes[node], sizes.nodes[node]);
            let outside = *x < left || *x > left + w || *y < top || *y > top + h;
            assert!(outside, "({x}, {y}) is in {node}");
        }
    }
}

#[test]
fn hundreds_of_nodes_are_laid_out_soon() {
    let links: Vec<_> = (0..300).flat_map(|n| [(n, n * 7 % 300), (n, (n + 1) % 300)]).collect();
    is_sound(&graph(300, &links));
}

#[test]
fn places_are_as_near_as_they_can_be() {
    assert_eq!(spread(&[0.0, 100.0], &[10.0]), [0.0, 100.0]);
    assert_eq!(spread(&[50.0, 50.0], &[10.0]), [45.0, 55.0]);
    assert_eq!(spread(&[9.0, 0.0, 0.0], &[3.0, 3.0]), [0.0, 3.0, 6.0]);
}
