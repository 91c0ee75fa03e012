package io.cordwood.it;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleName;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import io.cordwood.proto.v1.ErrorReason;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** The arrows between packages, and what the deterministic cores may not touch. Each rule is shown a class that breaks it. */
class ArchitectureTest {
    private static final String GENERATED = "io.cordwood.proto..";
    private static final String BATCH = "io.cordwood.batch";
    private static final String STORE = "io.cordwood.store";
    private static final String PARTITION = "io.cordwood.partition";
    private static final String METADATA = "io.cordwood.metadata";
    private static final String COORDINATOR = "io.cordwood.coordinator";
    private static final String METRICS = "io.cordwood.metrics";
    private static final String RAFT = "io.cordwood.raft";
    private static final String HTTP = "io.cordwood.server.http";
    private static final String CLIENT = "io.cordwood.client";
    /** Members of a measurement that speak the protocol by hand. */
    private static final String BENCH_WIRE = "io.cordwood.bench.wire";

    private static final String CLI = "io.cordwood.cli";
    private static final String CLI_CONSOLE = "io.cordwood.cli.console";
    private static final String CLI_LOCAL = "io.cordwood.cli.local";
    private static final String CLI_DEMO = "io.cordwood.cli.demo";

    /** Package to the packages of ours that it may use besides itself. */
    private static final Map<String, List<String>> MAY_USE = new TreeMap<>(Map.ofEntries(
            Map.entry(BATCH, List.of()),
            Map.entry(STORE, List.of(BATCH)),
            Map.entry(PARTITION, List.of(STORE, BATCH)),
            Map.entry(METADATA, List.of()),
            Map.entry(COORDINATOR, List.of(METADATA)),
            Map.entry(METRICS, List.of()),
            Map.entry(RAFT, List.of(PARTITION, METADATA, METRICS, STORE, BATCH, GENERATED)),
            Map.entry(CLIENT, List.of(BATCH, GENERATED)),
            Map.entry(CLI, List.of(CLIENT, BATCH, CLI_CONSOLE, CLI_LOCAL, CLI_DEMO)),
            Map.entry(CLI_CONSOLE, List.of(CLIENT)),
            Map.entry(CLI_LOCAL, List.of(CLIENT, CLI_CONSOLE)),
            Map.entry(CLI_DEMO, List.of(CLIENT, STORE, BATCH, CLI_CONSOLE, CLI_LOCAL))));

    private static final Map<String, Set<String>> IMPURE = Map.of(
            "java.lang.System", Set.of("currentTimeMillis", "nanoTime"),
            "java.lang.Math", Set.of("random"),
            "java.util.UUID", Set.of("randomUUID"));

    private static final DescribedPredicate<JavaAccess<?>> READS_CLOCK_OR_CHANCE =
            DescribedPredicate.describe("reads a clock or draws a random value", access -> {
                var owner = access.getTargetOwner().getName();
                var name = access.getTarget().getName();
                return IMPURE.getOrDefault(owner, Set.of()).contains(name)
                        || (owner.startsWith("java.time.") && name.equals("now"));
            });

    private static final ArchCondition<JavaMethod> OVERRIDE_A_FOREIGN_TYPE =
            new ArchCondition<>("only override a foreign type") {
                @Override
                public void check(JavaMethod method, ConditionEvents events) {
                    boolean overrides = ancestors(method.getOwner()).stream()
                            .filter(type -> !type.getPackageName().startsWith("io.cordwood")
                                    || type.getPackageName().startsWith("io.cordwood.proto"))
                            .flatMap(type -> type.getMethods().stream())
                            .anyMatch(other -> other.getName().equals(method.getName())
                                    && other.getParameters().size()
                                            == method.getParameters().size());
                    events.add(new SimpleConditionEvent(method, overrides, method.getFullName()));
                }
            };

    private static final JavaClasses OURS =
            new ClassFileImporter().withImportOption(ArchitectureTest::shipped).importPackages("io.cordwood");

    private static final JavaClasses OFFENDERS =
            new ClassFileImporter().importClasses(Restless.class, Getter.class, Outreaching.class);

    @Test
    void packagesUseOnlyThoseBelowThem() {
        assertThat(OURS).isNotEmpty();
        MAY_USE.forEach((name, others) -> usesOnly(name, others).check(OURS));
    }

    @Test
    void packagesHaveNoCycle() {
        slices().matching("io.cordwood.(**)").should().beFreeOfCycles().check(OURS);
    }

    @Test
    void serverStandsOnTopOfRaftAndNeverOnTheClient() {
        noClasses()
                .that(resideInAPackage("io.cordwood.server.."))
                .should()
                .dependOnClassesThat(resideInAnyPackage(CLIENT, "io.cordwood.cli"))
                .allowEmptyShould(true)
                .check(OURS);
    }

    @Test
    void generatedTypesStopAtTheEdge() {
        noClasses()
                .that(not(resideInAnyPackage(
                        GENERATED, "io.cordwood.server", "io.cordwood.server.rpc", HTTP, RAFT, CLIENT, BENCH_WIRE)))
                .should()
                .dependOnClassesThat(resideInAnyPackage(GENERATED, "com.google.protobuf..", "io.grpc.."))
                .allowEmptyShould(true)
                .check(OURS);
    }

    @Test
    void onlyRaftKnowsRatis() {
        noClasses()
                .that(not(resideInAPackage(RAFT)))
                .should()
                .dependOnClassesThat(resideInAPackage("org.apache.ratis.."))
                .allowEmptyShould(true)
                .check(OURS);
    }

    /** What a node counts is handed to it in a registry; how that is published is the server's alone. */
    @Test
    void onlyTheServerKnowsPrometheus() {
        noClasses()
                .that(not(resideInAPackage("io.cordwood.server..")))
                .should()
                .dependOnClassesThat(resideInAnyPackage("io.micrometer.prometheusmetrics..", "io.prometheus.."))
                .allowEmptyShould(true)
                .check(OURS);
    }

    /** The rest speaks of observations, and a node that traces nothing loads none of it. */
    @Test
    void onlyTracingKnowsOpenTelemetry() {
        noClasses()
                .that(not(resideInAPackage("io.cordwood.server.tracing")
                        .and(simpleName("OtlpTracing").or(simpleName("ReportedExports")))))
                .should()
                .dependOnClassesThat(resideInAnyPackage("io.opentelemetry..", "io.micrometer.tracing.."))
                .allowEmptyShould(true)
                .check(OURS);
    }

    @Test
    void onlyTwoClassesKnowTheHttpServer() {
        noClasses()
                .that(not(resideInAPackage(HTTP).and(simpleName("HttpPort").or(simpleName("HttpCall")))))
                .should()
                .dependOnClassesThat(resideInAPackage("com.sun.net.httpserver.."))
                .allowEmptyShould(true)
                .check(OURS);
    }

    @Test
    void coresAreDeterministic() {
        deterministic(PARTITION, METADATA, COORDINATOR).check(OURS);
    }

    @Test
    void accessorsCarryNoGet() {
        noGetters("io.cordwood..").check(OURS);
    }

    @Test
    void clocksThreadsAndChanceAreFound() {
        var found = violations(deterministic("io.cordwood.it"));

        for (String offence : List.of(
                "System.currentTimeMillis",
                "System.nanoTime",
                "Instant.now",
                "UUID.randomUUID",
                "java.util.Random",
                "java.lang.Thread",
                "java.util.concurrent")) {
            assertThat(found).as(offence).anyMatch(line -> line.contains(offence));
        }
    }

    @Test
    void getterIsFoundUnlessItsForeignTypeAsksForIt() {
        assertThat(violations(noGetters("io.cordwood.it")))
                .singleElement()
                .asString()
                .contains("getOffset");
    }

    @Test
    void wrongArrowIsFound() {
        assertThat(violations(usesOnly("io.cordwood.it", List.of(BATCH))))
                .anyMatch(line -> line.contains("Outreaching"));
        assertThat(violations(usesOnly("io.cordwood.it", List.of(GENERATED)))).isEmpty();
    }

    private static List<String> violations(ArchRule rule) {
        return rule.evaluate(OFFENDERS).getFailureReport().getDetails();
    }

    private static ArchRule usesOnly(String name, List<String> others) {
        return classes()
                .that(resideInAPackage(name))
                .should()
                .onlyDependOnClassesThat(not(resideInAPackage("io.cordwood.."))
                        .or(resideInAPackage(name))
                        .or(resideInAnyPackage(others.toArray(String[]::new))))
                .allowEmptyShould(true);
    }

    private static ArchRule deterministic(String... packages) {
        return noClasses()
                .that(resideInAnyPackage(packages))
                .should()
                .dependOnClassesThat(resideInAnyPackage("java.util.concurrent..", "java.security.."))
                .orShould()
                .dependOnClassesThat()
                .belongToAnyOf(Thread.class, Random.class, Clock.class)
                .orShould()
                .accessTargetWhere(READS_CLOCK_OR_CHANCE)
                .allowEmptyShould(true);
    }

    private static ArchRule noGetters(String name) {
        return methods()
                .that()
                .arePublic()
                .and()
                .haveNameMatching("get[A-Z].*")
                .and()
                .areDeclaredInClassesThat(resideInAPackage(name).and(not(resideInAPackage(GENERATED))))
                .should(OVERRIDE_A_FOREIGN_TYPE)
                .allowEmptyShould(true);
    }

    private static List<JavaClass> ancestors(JavaClass type) {
        var all = new ArrayList<>(type.getAllRawSuperclasses());
        all.addAll(type.getAllRawInterfaces());
        return all;
    }

    private static boolean shipped(Location location) {
        return !location.contains("/test-classes/") && !location.contains("-tests.jar");
    }

    /** Breaks each rule of the deterministic cores. */
    @SuppressWarnings("unused")
    private static final class Restless {
        long time = System.currentTimeMillis() + System.nanoTime();
        Instant now = Instant.now();
        UUID id = UUID.randomUUID();
        int chance = new Random().nextInt();
        Supplier<Thread> thread = Thread::currentThread;
        Map<String, String> map = new ConcurrentHashMap<>();
    }

    /** Has one accessor with the forbidden prefix, and one that its foreign type asks for. */
    static final class Getter extends Exception {
        private static final long serialVersionUID = 1L;

        public long getOffset() {
            return 0;
        }

        @Override
        public String getMessage() {
            return "";
        }
    }

    /** Depends on the wire contract, which its package may or may not be allowed to do. */
    record Outreaching(ErrorReason reason) {}
}
