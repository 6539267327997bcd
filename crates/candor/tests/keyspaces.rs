//! Keyspaces of both orders in one cluster of real processes.

mod support;

use redis::{Commands, Connection, RedisResult, Value};

use support::{Cluster, Server, until};

fn keyspace(client: &mut Connection, words: &str) -> RedisResult<Value> {
    redis::cmd("KEYSPACE").arg(words.split(' ').collect::<Vec<_>>()).query(client)
}

/// Has a keyspace created or dropped, again while another one is under way.
#[track_caller]
fn change(client: &mut Connection, words: &str) -> Result<(), String> {
    until("a keyspace to change", || match keyspace(client, words) {
        Ok(_) => Some(Ok(())),
        Err(error) if error.code() == Some("TRYAGAIN") => None,
        Err(error) => Some(Err(error.to_string())),
    })
}

/// What a node says of its keyspaces.
fn count(server: &Server) -> (String, String) {
    let info = server.info();
    (info["keyspaces"].clone(), info["keyspace_under_way"].clone())
}

#[test]
fn both_orders_live_in_one_cluster_and_outlast_kills() {
    let mut cluster = Cluster::on_lasting_ports(3, &["--level", "linearizable"]);
    cluster.servers.iter_mut().for_each(|server| drop(server.start()));
    cluster.wait_until_ready();
    let leader = cluster.leader(&[0, 1, 2]);
    let follower = (leader + 1) % 3;
    let mut client = cluster.servers[follower].client();
    client.set::<_, _, ()>("cart:0", "full").unwrap();
    let create = "CREATE carts PREFIX cart: ORDER merged LEVEL causal";
    let refused = change(&mut client, create).unwrap_err();
    assert!(refused.contains("such as cart:0"), "{refused}");
    client.del::<_, ()>("cart:0").unwrap();
    change(&mut client, create).unwrap();
    change(&mut client, "CREATE hot PREFIX cart:hot: ORDER agreed LEVEL sequential").unwrap();
    for server in &cluster.servers {
        until("all to know", || (count(server) == ("3".into(), String::new())).then_some(()));
    }
    client.set::<_, _, ()>("cart:1", "apples").unwrap();
    client.set::<_, _, ()>("cart:hot:1", "chillies").unwrap();
    let error = client.append::<_, _, i64>("cart:n", "x").unwrap_err();
    assert_eq!(error.code(), Some("CONSISTENCY"), "{error}");
    assert_eq!(client.incr::<_, _, i64>("cart:hot:n", 1).unwrap(), 1);

    // A node that starts alone has its merged keys; of the agreed ones it says nothing.
    cluster.servers.iter_mut().for_each(Server::kill);
    cluster.servers[follower].start();
    let mut client = cluster.servers[follower].client();
    let alone = until("a node alone to serve", || client.get::<_, String>("cart:1").ok());
    assert_eq!(alone, "apples");
    client.set::<_, _, ()>("cart:2", "pears").unwrap();
    let error = client.get::<_, String>("cart:hot:1").unwrap_err();
    assert_eq!(error.code(), Some("CLUSTERDOWN"), "{error}");

    for place in (0..3).filter(|place| *place != follower) {
        cluster.servers[place].start();
    }
    cluster.wait_until_ready();
    let mut client = cluster.servers[leader].client();
    let pears = until("a merged key to come", || client.get::<_, String>("cart:2").ok());
    assert_eq!(pears, "pears");
    assert_eq!(client.get::<_, String>("cart:hot:1").unwrap(), "chillies");
    client.del::<_, ()>(&["cart:1", "cart:2"]).unwrap();
    change(&mut client, "DROP carts").unwrap();
    client.set::<_, _, ()>("cart:1", "agreed").unwrap();
    for server in &cluster.servers {
        let seen: String = until("a key to be agreed", || server.client().get("cart:1").ok());
        assert_eq!(seen, "agreed");
    }
}

#[test]
fn a_cluster_begins_with_those_of_its_configuration_and_another_one_is_told() {
    let temp = tempfile::tempdir().unwrap();
    let file = temp.path().join("candor.toml");
    let keyspace = |name: &str, prefix: &str, order: &str, level: &str| {
        format!(
            "[[keyspace]]\nname = '{name}'\nprefix = '{prefix}'\norder = '{order}'\nlevel = '{level}'\n"
        )
    };
    let hot = keyspace("hot", "cart:hot:", "agreed", "sequential");
    let text = keyspace("carts", "cart:", "merged", "causal") + "allow = ['eventual']\n" + &hot;
    std::fs::write(&file, text).unwrap();
    let arguments = ["--level", "linearizable", "--config", file.to_str().unwrap()];
    let mut cluster = Cluster::on_lasting_ports(3, &arguments);
    cluster.servers.iter_mut().for_each(|server| drop(server.start()));
    // From the first moment on no key of them is taken by another keyspace.
    let mut client = cluster.servers[0].client();
    let set = |client: &mut Connection, key: &str| -> Result<(), redis::RedisError> {
        client.set(key, "apples")
    };
    until("a key of a keyspace to be taken", || set(&mut client, "cart:hot:1").ok());
    cluster.wait_until_ready();
    for server in &cluster.servers {
        until("all to know", || (count(server) == ("3".into(), String::new())).then_some(()));
        let told = keyspace_told(server, "carts");
        assert_eq!((&*told["order"], &*told["level"]), ("merged", "causal"));
        assert_eq!(keyspace_told(server, "hot")["order"], "agreed");
    }
    client.del::<_, ()>("cart:hot:1").unwrap();
    change(&mut client, "DROP hot").unwrap();

    // Another table is told, and changes nothing.
    let text = hot + &keyspace("carts", "basket:", "merged", "causal");
    std::fs::write(&file, text).unwrap();
    cluster.servers.iter_mut().for_each(Server::kill);
    cluster.servers.iter_mut().for_each(|server| drop(server.start()));
    cluster.wait_until_ready();
    for server in &cluster.servers {
        let log = until("the difference to be told", || {
            Some(server.log()).filter(|log| log.contains("started with the keyspace hot"))
        });
        assert!(log.contains("the cluster has none of this name, which counts"), "{log}");
        let differs = "that of the cluster has the prefix cart:, other weaker levels allowed";
        assert!(log.contains(differs), "{log}");
        assert_eq!(count(server).0, "2");
    }
    std::fs::write(&file, keyspace("carts", "cart:", "merged", "sequential")).unwrap();
    cluster.servers[0].kill();
    let output = cluster.servers[0].try_start().unwrap_err();
    assert_eq!(output.status.code(), Some(78));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("candor.toml:2:8: the keyspace carts is merged"), "{text}");
}

/// What `KEYSPACE GET` says.
fn keyspace_told(server: &Server, name: &str) -> std::collections::HashMap<String, String> {
    redis::cmd("KEYSPACE").arg("GET").arg(name).query(&mut server.client()).unwrap()
}
