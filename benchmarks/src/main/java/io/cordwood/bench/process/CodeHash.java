package io.cordwood.bench.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** What a directory of jars holds, in a few letters: the same for jars that were built again from the same sources. Stateless. */
public final class CodeHash {
    private static final int LETTERS = 12;
    private static final String OURS = "cordwood-";
    private static final String DIRTY = "-dirty";

    private CodeHash() {}

    /** Of the names of all jars, and of the entries of our own, whatever time stands beside these. */
    public static String of(Path jars) throws IOException {
        var words = new ArrayList<String>();
        for (var jar : sortedJars(jars)) {
            var name = jar.getFileName().toString();
            words.add(name);
            if (name.startsWith(OURS)) {
                words.addAll(entries(jar));
            }
        }
        return hash(String.join("\n", words));
    }

    /**
     * The commit of a clean checkout. Two dirty ones of one commit need not be the same, so there the jars
     * have the last word.
     *
     * @param commit as {@code git describe --always --dirty} prints it; empty where there is none
     */
    public static String subject(String commit, Path jars) throws IOException {
        return !commit.isEmpty() && !commit.endsWith(DIRTY) ? commit : (commit + " jars " + of(jars)).strip();
    }

    private static List<Path> sortedJars(Path directory) throws IOException {
        try (var paths = Files.list(directory)) {
            return paths.filter(path -> path.toString().endsWith(".jar"))
                    .sorted()
                    .toList();
        }
    }

    private static List<String> entries(Path jar) throws IOException {
        try (var zip = new ZipFile(jar.toFile())) {
            return zip.stream()
                    .filter(entry -> !entry.isDirectory())
                    .map(CodeHash::word)
                    .sorted()
                    .toList();
        }
    }

    private static String word(ZipEntry entry) {
        return entry.getName() + " " + entry.getSize() + " " + entry.getCrc();
    }

    private static String hash(String text) {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest).substring(0, LETTERS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
