//! Layers of nodes: breaks cycles and measures the longest path from a source.

/// Marks the links that lead back in a depth-first walk, from the sources first.
pub(super) fn back_links(nodes: usize, links: &[(usize, usize)]) -> Vec<bool> {
    let mut out = vec![Vec::new(); nodes];
    let mut entered = vec![false; nodes];
    for (link, &(from, to)) in links.iter().enumerate() {
        out[from].push(link);
        entered[to] |= from != to;
    }
    let mut back = vec![false; links.len()];
    // 0: not met; 1: on the current path; 2: done.
    let mut state = vec![0_u8; nodes];
    let sources = (0..nodes).filter(|node| !entered[*node]);
    for start in sources.chain(0..nodes) {
        if state[start] != 0 {
            continue;
        }
        state[start] = 1;
        let mut walk = vec![(start, 0)];
        while let Some((node, next)) = walk.last_mut() {
            let Some(&link) = out[*node].get(*next) else {
                state[*node] = 2;
                walk.pop();
                continue;
            };
            *next += 1;
            let to = links[link].1;
            match state[to] {
                0 => {
                    state[to] = 1;
                    walk.push((to, 0));
                }
                1 => back[link] = true,
                _ => {}
            }
        }
    }
    back
}

/// Length of the longest path from a source to each node, along links that do not lead back.
pub(super) fn longest_ways(nodes: usize, links: &[(usize, usize)], back: &[bool]) -> Vec<usize> {
    let forward = || links.iter().zip(back).filter(|(_, back)| !**back).map(|(link, _)| *link);
    let mut out = vec![Vec::new(); nodes];
    let mut waits_for = vec![0; nodes];
    for (from, to) in forward() {
        out[from].push(to);
        waits_for[to] += 1;
    }
    let mut layer = vec![0; nodes];
    let mut ready: Vec<usize> = (0..nodes).filter(|node| waits_for[*node] == 0).collect();
    while let Some(node) = ready.pop() {
        for &to in &out[node] {
            layer[to] = layer[to].max(layer[node] + 1);
            waits_for[to] -= 1;
            if waits_for[to] == 0 {
                ready.push(to);
            }
        }
    }
    layer
}
