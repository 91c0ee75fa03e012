# Sourced by the scripts beside it: where things are, and how they are built. Expects $home, the root of the repository.
benchmarks=$home/benchmarks
distribution=$home/cli/target/dist/lib
driver=

# The distribution, as ./cordwood builds it, the benchmarks, and the modules that the arguments name.
build() {
    modules=benchmarks,cli
    for module in "$@"; do
        modules=$modules,$module
    done
    (cd "$home" && mvn -q -B -ntp -Dfast -DskipTests -pl "$modules" -am package) >&2
}

build_where_missing() {
    if [ ! -d "$distribution" ] || [ -z "$(benchmarks_jar)" ]; then
        build
    fi
}

benchmarks_jar() {
    find "$benchmarks/target/fast" -maxdepth 1 -name 'cordwood-benchmarks-*.jar' 2>/dev/null | head -n 1
}

# What --out DIR or --out=DIR among the arguments says, or else the first argument.
out_of() {
    found=$1
    shift
    before=
    for argument in "$@"; do
        case $argument in
            --out=*) found=${argument#--out=} ;;
        esac
        [ "$before" != --out ] || found=$argument
        before=$argument
    done
    printf '%s\n' "$found"
}

# The commit of this checkout alone, not of a repository around it; empty where there is none.
commit_of_home() {
    [ ! -e "$home/.git" ] || git -C "$home" describe --always --dirty 2>/dev/null || true
}

# Makes a directory below $1 for one run, with a copy of the jars: what is measured does not change when somebody builds meanwhile.
work_below() {
    mkdir -p "$1"
    made=$(mktemp -d "$1/work.XXXXXX")
    mkdir "$made/cordwood"
    cp "$distribution"/*.jar "$(benchmarks_jar)" "$made/cordwood"
    printf '%s\n' "$made"
}

# Runs main class $1 with a directory of its own below $2; the rest are the user's arguments. Where $driver is set it is the class
# path of what measures, which then starts the nodes from the copied jars by itself.
run_apart() {
    main=$1
    out=$2
    shift 2
    case " $* " in
        *" --help "* | *" -h "*)
            work=$out
            jars="$(benchmarks_jar):$distribution/*"
            ;;
        *)
            work=$(work_below "$out")
            jars="$work/cordwood/*"
            ;;
    esac
    exec java --enable-native-access=ALL-UNNAMED -Xmx512m -Dlogback.configurationFile=cordwood-cli-logback.xml \
        ${driver:+"-Dcordwood.lib=$work/cordwood"} -cp "${driver:-$jars}" "$main" --work "$work" "$@" --out "$out"
}
