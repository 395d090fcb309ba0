//! Ways to make a manifest narrower.

use super::*;

/// Ways to make a manifest narrower, or another text of the same.
#[derive(Clone, Copy, Debug)]
pub enum Narrowing {
    DropRule(usize),
    DropMethod(usize),
    DropPath(usize),
    Host(usize),
    Path(usize),
    Split(usize),
    Repeat(usize),
    Reverse,
    Folder(usize),
    ReadOnly(usize),
    DropFolder(usize),
    DropName(usize),
    Switches,
    Lower,
    DropTool,
}

pub fn narrowings() -> impl Strategy<Value = Narrowing> {
    use Narrowing::*;
    (0_usize..8).prop_flat_map(|at| {
        select(vec![
            DropRule(at),
            DropMethod(at),
            DropPath(at),
            Host(at),
            Path(at),
            Split(at),
            Repeat(at),
            Reverse,
            Folder(at),
            ReadOnly(at),
            DropFolder(at),
            DropName(at),
            Switches,
            Lower,
            DropTool,
        ])
    })
}

pub fn at<T>(items: &mut [T], index: usize) -> Option<&mut T> {
    let length = items.len().max(1);
    items.get_mut(index % length)
}

pub fn drop_one<T>(items: &mut Vec<T>, index: usize, least: usize) {
    if items.len() > least {
        items.remove(index % items.len());
    }
}

pub fn narrower(mut manifest: Manifest, how: Narrowing) -> Manifest {
    let asks = &mut manifest.capabilities;
    match how {
        Narrowing::DropRule(index) => drop_one(&mut asks.http, index, 0),
        Narrowing::DropMethod(index) => {
            if let Some(MethodSet::Listed(methods)) =
                at(&mut asks.http, index).map(|ask| &mut ask.value.rule.methods)
            {
                drop_one(methods, index, 1);
            }
        }
        Narrowing::DropPath(index) => {
            if let Some(ask) = at(&mut asks.http, index) {
                drop_one(&mut ask.value.rule.paths, index, 1);
            }
        }
        Narrowing::Host(index) => {
            if let Some(ask) = at(&mut asks.http, index) {
                ask.value.rule.host = narrower_host(&ask.rule.host);
            }
        }
        Narrowing::Path(index) => {
            if let Some(ask) = at(&mut asks.http, index) {
                let paths = ask.rule.paths.iter().map(narrower_path).collect();
                ask.value.rule.paths = paths;
            }
        }
        Narrowing::Split(index) => {
            if let Some(ask) = at(&mut asks.http, index).map(|ask| ask.clone()) {
                for path in &ask.rule.paths {
                    let mut part = ask.clone();
                    part.value.rule.paths = vec![path.clone()];
                    asks.http.insert(0, part);
                }
                let whole = asks.http.iter().position(|other| *other == ask).unwrap();
                asks.http.remove(whole);
            }
        }
        Narrowing::Repeat(index) => {
            if let Some(ask) = at(&mut asks.http, index).map(|ask| ask.clone()) {
                asks.http.push(ask);
            }
        }
        Narrowing::Reverse => {
            asks.http.reverse();
            asks.files.reverse();
        }
        Narrowing::Folder(index) => {
            if let Some(ask) = at(&mut asks.files, index) {
                let deeper = format!("{}/b", ask.path.as_str().trim_end_matches('/'));
                ask.value.path = deeper.parse().unwrap();
            }
        }
        Narrowing::ReadOnly(index) => {
            if let Some(ask) = at(&mut asks.files, index) {
                ask.value.access = Access::Read;
            }
        }
        Narrowing::DropFolder(index) => drop_one(&mut asks.files, index, 0),
        Narrowing::DropName(index) => match index % 4 {
            0 => drop_name(&mut asks.kv, |kv| &mut kv.buckets, index),
            1 => drop_name(&mut asks.config, |config| &mut config.keys, index),
            2 => drop_name(&mut asks.model, |model| &mut model.routes, index),
            _ => drop_name(&mut asks.calls, |calls| &mut calls.tools, index),
        },
        Narrowing::Switches => (asks.artifacts, asks.log) = (None, None),
        Narrowing::Lower => {
            manifest.limits.memory = Some(ByteSize(1 << 19));
            manifest.limits.cpu = manifest.limits.cpu.or(Some("1s".parse().unwrap()));
        }
        Narrowing::DropTool => {
            manifest.tools.pop_first();
        }
    }
    manifest
}

pub fn drop_name<A, N>(
    ask: &mut Option<Located<A>>,
    names: fn(&mut A) -> &mut Vec<N>,
    index: usize,
) {
    let Some(inner) = ask else { return };
    drop_one(names(&mut inner.value), index, 0);
    if names(&mut inner.value).is_empty() {
        *ask = None;
    }
}

pub fn narrower_host(host: &HostPattern) -> HostPattern {
    let text = match host.to_string().as_str() {
        "**" => "**.example".to_owned(),
        text => match (text.strip_prefix("**."), text.strip_prefix("*.")) {
            (Some(parent), _) => format!("*.{parent}"),
            (_, Some(parent)) => format!("b.{parent}"),
            _ => text.to_owned(),
        },
    };
    text.parse().unwrap()
}

pub fn narrower_path(path: &PathPattern) -> PathPattern {
    let text = match path.to_string().as_str() {
        "/**" => "/a/**".to_owned(),
        text => match text.strip_suffix("/**") {
            Some(before) => format!("{before}/*"),
            None => text.replace('*', "b"),
        },
    };
    text.parse().unwrap()
}
