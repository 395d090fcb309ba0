//! Reaching the network without asking the egress.

use std::net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket};

use crate::verdict::Verdict;

pub fn behave(behaviour: &str, argument: &str) -> Option<Verdict> {
    Some(match behaviour {
        "tcp-connect" => Verdict::of(TcpStream::connect(argument)),
        "tcp-listen" => Verdict::of(TcpListener::bind("127.0.0.1:0")),
        "udp-send" => Verdict::of(udp(argument)),
        "name-lookup" => Verdict::of(argument.to_socket_addrs().map(Vec::from_iter)),
        _ => return None,
    })
}

fn udp(to: &str) -> std::io::Result<usize> {
    UdpSocket::bind("127.0.0.1:0")?.send_to(b"hello", to)
}
