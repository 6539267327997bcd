//! What a cycle in the order rests on: the operations, and the choices to take back.

use std::collections::{HashSet, VecDeque};

use super::order::{Clash, Edge, Order, Why};
use crate::budget::effort;
use crate::model::view::NONE;

impl Order<'_, '_, '_> {
    /// What a cycle rests on that an edge would close; `None` if the budget does not allow to tell.
    pub(super) fn explain(&mut self, from: u32, to: u32, why: Why) -> Option<Clash> {
        let number = self.edge_from.len() as u32;
        let last = Edge { to, why, number, choices: self.choices.len() as u32 };
        let (mut todo, mut seen) = (vec![(from, last)], HashSet::from([number]));
        let mut clash = Clash::default();
        self.put_path(to, from, number, &mut todo)?;
        while let Some((from, edge)) = todo.pop() {
            if edge.number != number && !seen.insert(edge.number) {
                continue;
            }
            clash.core.extend([from, edge.to]);
            match edge.why {
                Why::Given | Why::Overwritten { maker: NONE } => {}
                Why::Chosen => clash.choices.push(edge.choices - 1),
                Why::Hidden { reader } => {
                    clash.core.push(reader);
                    self.put_path(from, reader, edge.number, &mut todo)?;
                }
                Why::Overwritten { maker } => {
                    clash.core.push(maker);
                    self.put_path(maker, edge.to, edge.number, &mut todo)?;
                }
                Why::Refuted { clash: other } => {
                    clash.core.extend(&self.refuted[other].core);
                    clash.choices.extend(&self.refuted[other].choices);
                }
            }
        }
        for list in [&mut clash.choices, &mut clash.core] {
            list.sort_unstable();
            list.dedup();
        }
        Some(clash)
    }

    /// Puts onto `todo` the edges of a shortest path along those before a number.
    fn put_path(
        &mut self,
        from: u32,
        to: u32,
        number: u32,
        todo: &mut Vec<(u32, Edge)>,
    ) -> Option<()> {
        self.spend(self.edges.len()).ok()?;
        let mut came: Vec<Option<(u32, Edge)>> = vec![None; self.edges.len()];
        let mut queue = VecDeque::from([from]);
        while let Some(id) = queue.pop_front().filter(|_| came[to as usize].is_none()) {
            effort::spend(self.edges[id as usize].len());
            self.spend(self.edges[id as usize].len()).ok()?;
            for &edge in self.edges[id as usize].iter().filter(|edge| edge.number < number) {
                let slot = &mut came[edge.to as usize];
                if slot.is_none() && edge.to != from {
                    *slot = Some((id, edge));
                    queue.push_back(edge.to);
                }
            }
        }
        let mut at = to;
        while at != from
            && let Some(step) = came[at as usize]
        {
            todo.push(step);
            at = step.0;
        }
        Some(())
    }
}
