# Sourced by the scripts beside it: where things are, and how they are built. Expects $home, the root of the repository.
benchmarks=$home/benchmarks
distribution=$home/cli/target/dist/lib

# The distribution, as ./cordwood builds it, and the benchmarks.
build() {
    (cd "$home" && mvn -q -B -ntp -Dfast -DskipTests -pl benchmarks,cli -am package) >&2
}

build_where_missing() {
    if [ ! -d "$distribution" ] || [ -z "$(benchmarks_jar)" ]; then
        build
    fi
}

benchmarks_jar() {
    find "$benchmarks/target/fast" -maxdepth 1 -name 'cordwood-benchmarks-*.jar' 2>/dev/null | head -n 1
}
