package io.cordwood.bench.compare;

import io.cordwood.bench.JsonLine;
import io.cordwood.bench.process.CodeHash;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What is measured, and on what. Results of different subjects do not stand in one table.
 *
 * @param cordwood the commit of a clean checkout; of any other what its jars hold
 * @param kafka version of the servers and of the tools
 */
record Subject(String cordwood, String kafka, String java, int processors) {
    private static final String JAR = ".jar";

    /** @param commit as {@code git describe --always --dirty} prints it; empty where there is none */
    static Subject of(Workplace place, String commit) throws IOException {
        var servers = version(place.kafkaServer(), "kafka-clients-");
        var tools = version(place.kafkaTools(), "kafka-tools-");
        return new Subject(
                CodeHash.subject(commit, place.cordwood()),
                servers + " (tools " + tools + ")",
                System.getProperty("java.version"),
                Runtime.getRuntime().availableProcessors());
    }

    JsonLine conditions() {
        return JsonLine.empty()
                .with("cordwood", cordwood)
                .with("kafka", kafka)
                .with("java", java)
                .with("processors", processors);
    }

    /** Read from the name of the jar that consists of this and a version. */
    static String version(Path jars, String prefix) throws IOException {
        try (var paths = Files.list(jars)) {
            return paths.map(path -> path.getFileName().toString())
                    .filter(name -> name.startsWith(prefix) && name.endsWith(JAR))
                    .map(name -> name.substring(prefix.length(), name.length() - JAR.length()))
                    .filter(version -> !version.isEmpty() && Character.isDigit(version.charAt(0)))
                    .findFirst()
                    .orElseThrow(() -> new IOException("no " + prefix + "*" + JAR + " in " + jars));
        }
    }
}
