namespace PluginRuntime.Tests.Running;

/// <summary>What <see cref="SwiftServer"/> runs: the four servers of Swift in one tree of processes, from the packages of the distribution alone.</summary>
internal static class SwiftScript
{
    /// <summary><c>serve DIRECTORY PORT…</c>, <c>bucket DIRECTORY NAME</c>, <c>objects DIRECTORY CONTAINER</c>.</summary>
    internal const string Text =
        """
        import os, signal, sys
        import swift.common.utils as utils

        mode, base = sys.argv[1], sys.argv[2]
        utils.SWIFT_CONF_FILE = base + "/swift.conf"

        def write(name, text):
            with open(f"{base}/{name}", "w") as file:
                file.write(text)

        def storage(name, port):
            return f"[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = {port}\nworkers = 0\nswift_dir = {base}\ndevices = {base}/devices\n" \
                f"mount_check = false\ndisable_fallocate = true\nrecon_cache_path = {base}\nlog_address = /nonexistent\nuser = {os.environ.get('USER', '')}\n" \
                f"[pipeline:main]\npipeline = {name}-server\n[app:{name}-server]\nuse = egg:swift#{name}\n"

        def proxy(pipeline, port):
            return f"[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = {port}\nworkers = 0\nswift_dir = {base}\nlog_address = /nonexistent\n" \
                f"[pipeline:main]\npipeline = {pipeline}\n[app:proxy-server]\nuse = egg:swift#proxy\naccount_autocreate = true\n" \
                "[filter:catch_errors]\nuse = egg:swift#catch_errors\n[filter:cache]\nuse = egg:swift#memcache\nmemcache_servers = 127.0.0.1:1\n" \
                "[filter:s3api]\nuse = egg:swift#s3api\nlocation = us-east-1\n[filter:tempauth]\nuse = egg:swift#tempauth\nuser_test_tester = a/sec+ret .admin\n" \
                "[filter:bulk]\nuse = egg:swift#bulk\n[filter:slo]\nuse = egg:swift#slo\n[filter:copy]\nuse = egg:swift#copy\n"

        if mode == "serve":
            ports = [int(port) for port in sys.argv[3:]]
            os.makedirs(f"{base}/devices/d1", exist_ok=True)
            write("swift.conf", "[swift-hash]\nswift_hash_path_suffix = tests\n[storage-policy:0]\nname = default\ndefault = yes\n")
            from swift.common.ring import RingBuilder
            for name, port in zip(("account", "container", "object"), ports[1:]):
                builder = RingBuilder(2, 1, 0)
                builder.add_dev({"id": 0, "region": 1, "zone": 1, "ip": "127.0.0.1", "port": port, "device": "d1", "weight": 1,
                                 "replication_ip": "127.0.0.1", "replication_port": port, "meta": ""})
                builder.rebalance()
                builder.get_ring().save(f"{base}/{name}.ring.gz")
                write(f"{name}.conf", storage(name, port))
            write("proxy.conf", proxy("catch_errors cache s3api tempauth bulk slo copy proxy-server", ports[0]))
            write("internal.conf", proxy("catch_errors cache proxy-server", 0))

            # A key without a colon, because user names of hosts may hold none.
            from swift.common.middleware.tempauth import TempAuth
            make = TempAuth.__init__
            def make_with_key(self, app, conf):
                make(self, app, conf)
                self.users["tester"] = self.users["test:tester"]
            TempAuth.__init__ = make_with_key
            children = []
            for name in ("account", "container", "object", "proxy"):
                child = os.fork()
                if child == 0:
                    from swift.common.wsgi import run_wsgi
                    os._exit(run_wsgi(f"{base}/{name}.conf", f"{name}-server") or 0)
                children.append(child)
            os.wait()
            for child in children:
                try:
                    os.kill(child, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            sys.exit(1)

        from swift.common.internal_client import InternalClient
        client = InternalClient(base + "/internal.conf", "tests", 3)
        if mode == "bucket":
            client.create_container("AUTH_test", sys.argv[3])
        elif client.container_exists("AUTH_test", sys.argv[3]):
            for item in client.iter_objects("AUTH_test", sys.argv[3]):
                print(item["name"])
        """;
}
