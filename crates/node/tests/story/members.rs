//! What a story says of members.

use node::*;

use super::World;
use super::words::number;

/// The command that these words say behind `members`.
pub(super) fn command(words: &[&str]) -> Command {
    let id = |word: &str| NodeId(number(word));
    let address = |word: &str| format!("host{word}");
    Command::change_members(&match words {
        ["add", one] => MemberChange::Add { id: id(one), address: address(one) },
        ["remove", one] => MemberChange::Remove { ids: vec![id(one)], lose: false },
        ["lose", all @ ..] => {
            MemberChange::Remove { ids: all.iter().map(|one| id(one)).collect(), lose: true }
        }
        ["replace", old, new] => {
            MemberChange::Replace { old: id(old), new: id(new), address: address(new) }
        }
        ["move", one, there] => MemberChange::Move { id: id(one), address: (*there).into() },
        _ => panic!("nothing about members: {words:?}"),
    })
}

impl World {
    /// How each node sees the members.
    pub(super) fn all_members_told(&mut self) {
        for (id, node) in &self.nodes {
            let ClusterTold { members, removed, under_way, last_change, joining, .. } =
                node.cluster_told();
            let member = |one: &MemberTold| match one.role {
                "leader" | "voter" => one.id.0.to_string(),
                role => format!("{} {role}", one.id.0),
            };
            let members: Vec<_> = members.iter().map(member).collect();
            let members = if members.is_empty() { "none".into() } else { members.join(", ") };
            let mut line = format!("n{id}: members {members}");
            let gone: Vec<_> = removed.iter().map(|(id, _)| id.0.to_string()).collect();
            if !gone.is_empty() {
                line += &format!("; removed {}", gone.join(", "));
            }
            let joining: Vec<_> = joining.iter().map(|(id, _)| id.0.to_string()).collect();
            if !joining.is_empty() {
                line += &format!("; to join {}", joining.join(", "));
            }
            line += &under_way.map_or(String::new(), |it| format!("; under way: {it}"));
            line += &last_change.map_or(String::new(), |it| format!("; last: {it}"));
            self.told.push(line);
        }
    }

    /// The disks of nodes that are down say nothing of the version that founded their cluster.
    pub(super) fn founded_earlier(&mut self) {
        for disk in self.disks.values_mut() {
            disk.kept.iter_mut().for_each(|group| *group = as_written_earlier(group));
        }
    }

    /// Which version the cluster may use, and who understands which.
    pub(super) fn versions_told(&mut self) {
        for (id, node) in &self.nodes {
            let told = node.cluster_told();
            let member = |one: &MemberTold| format!("n{} {}", one.id.0, one.version);
            let members: Vec<_> = told.members.iter().map(member).collect();
            let members = if members.is_empty() { "no members".into() } else { members.join(", ") };
            self.told.push(format!("n{id}: version {}; {members}", told.version));
        }
    }
}
