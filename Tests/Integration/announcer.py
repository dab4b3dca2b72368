#!/usr/bin/python3
"""Announces an XMPP server by multicast DNS until it is ended: INSTANCE ADDRESS PORT [key=value...]."""

import socket
import sys
import threading

from zeroconf import IPVersion, ServiceInfo, Zeroconf

SERVICE = "_xmpp-client._tcp.local."


def main(instance, address, port, *texts):
    responder = Zeroconf(interfaces=[address], ip_version=IPVersion.V4Only)
    responder.register_service(ServiceInfo(
        SERVICE, f"{instance}.{SERVICE}", addresses=[socket.inet_aton(address)], port=int(port),
        properties=dict(text.split("=", 1) for text in texts), server="pronto.local."), cooperating_responders=True)
    print("announced", flush=True)
    threading.Event().wait()


main(*sys.argv[1:])
