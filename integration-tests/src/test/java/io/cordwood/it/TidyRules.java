package io.cordwood.it;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.LineMap;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/**
 * The size and wording rules of one Java source file, checked on its syntax tree.
 *
 * <p>Overriding methods may have as many parameters as the type they override asks for; a record's header is not a
 * parameter list.
 *
 * <p><b>Thread:</b> confined to its caller.
 */
final class TidyRules extends TreeScanner<@Nullable Void, @Nullable Void> {
    private static final int METHOD_MAX_LINES = 50;
    private static final int MAIN_FILE_MAX_LINES = 500;
    private static final int TEST_FILE_MAX_LINES = 800;
    private static final int METHOD_MAX_PARAMETERS = 5;
    private static final int CONSTRUCTOR_MAX_PARAMETERS = 8;
    private static final Pattern UNFINISHED = Pattern.compile("\\b(TO" + "DO|FIX" + "ME)\\b");
    private static final Pattern VAGUE_NAME = Pattern.compile("Manager|Helper|^Abstract|Impl$|Utils?$");
    private static final Pattern SLEEP = Pattern.compile("(.*\\.)?(Thread|TimeUnit\\.[A-Z]+)\\.sleep|sleep");

    private final String path;
    private final boolean test;
    private final CompilationUnitTree unit;
    private final LineMap lines;
    private final SourcePositions positions;
    /** Members of records: the parser gives a compact constructor the parameters of the header. */
    private final Set<Tree> recordMembers = new HashSet<>();

    private final List<String> violations = new ArrayList<>();

    private TidyRules(CompilationUnitTree unit, SourcePositions positions) {
        this.path = unit.getSourceFile().toUri().getPath().substring(1);
        this.test = path.contains("src/test/");
        this.unit = unit;
        this.lines = unit.getLineMap();
        this.positions = positions;
    }

    /** Each violation of the rules in this source, as {@code path:line: what is wrong}. */
    static List<String> violations(String path, String source) throws IOException {
        return violationsOf(List.of(new Source(path, source)));
    }

    /** The same of many, which takes one compiler. */
    static List<String> violationsOf(List<Source> sources) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        var task = (JavacTask) compiler.getTask(null, null, null, null, null, sources);
        var positions = Trees.instance(task).getSourcePositions();
        var violations = new ArrayList<String>();
        for (var unit : task.parse()) {
            var rules = new TidyRules(unit, positions);
            rules.checkText(unit.getSourceFile().getCharContent(true).toString());
            rules.scan(unit, null);
            violations.addAll(rules.violations);
        }
        return List.copyOf(violations);
    }

    private void checkText(String source) {
        var text = source.lines().toList();
        int limit = test ? TEST_FILE_MAX_LINES : MAIN_FILE_MAX_LINES;
        if (text.size() > limit) {
            violation(limit + 1, "file has " + text.size() + " lines, the limit is " + limit);
        }
        for (int i = 0; i < text.size(); i++) {
            if (text.get(i).indexOf('\t') >= 0) {
                violation(i + 1, "tab");
            }
            if (UNFINISHED.matcher(text.get(i)).find()) {
                violation(i + 1, "unfinished work left as a comment");
            }
        }
    }

    @Override
    public @Nullable Void visitClass(ClassTree type, @Nullable Void unused) {
        if (VAGUE_NAME.matcher(type.getSimpleName()).find()) {
            violation(lineOf(type), type.getSimpleName() + " says nothing about what it owns");
        }
        if (type.getKind() == Tree.Kind.RECORD) {
            recordMembers.addAll(type.getMembers());
        }
        return super.visitClass(type, null);
    }

    @Override
    public @Nullable Void visitMethod(MethodTree method, @Nullable Void unused) {
        // The body: a table of test cases in an annotation is no code.
        Tree measured = method.getBody() == null ? method : method.getBody();
        long length = lines.getLineNumber(positions.getEndPosition(unit, measured)) - lineOf(measured) + 1;
        if (length > METHOD_MAX_LINES) {
            violation(lineOf(method), method.getName() + " has " + length + " lines, the limit is " + METHOD_MAX_LINES);
        }
        int parameters = method.getParameters().size();
        boolean constructor = method.getReturnType() == null;
        int limit = constructor ? CONSTRUCTOR_MAX_PARAMETERS : METHOD_MAX_PARAMETERS;
        boolean imposed = overrides(method) || (constructor && recordMembers.contains(method));
        if (parameters > limit && !imposed) {
            violation(lineOf(method), method.getName() + " has " + parameters + " parameters, the limit is " + limit);
        }
        return super.visitMethod(method, null);
    }

    @Override
    public @Nullable Void visitMethodInvocation(MethodInvocationTree call, @Nullable Void unused) {
        if (test && SLEEP.matcher(call.getMethodSelect().toString()).matches()) {
            violation(lineOf(call), "a test sleeps instead of waiting for a condition");
        }
        return super.visitMethodInvocation(call, null);
    }

    private static boolean overrides(MethodTree method) {
        return method.getModifiers().getAnnotations().stream()
                .anyMatch(
                        annotation -> annotation.getAnnotationType().toString().equals("Override"));
    }

    private long lineOf(Tree tree) {
        return lines.getLineNumber(positions.getStartPosition(unit, tree));
    }

    private void violation(long line, String what) {
        violations.add(path + ":" + line + ": " + what);
    }

    /** A source held in memory. */
    static final class Source extends SimpleJavaFileObject {
        private final String content;

        Source(String path, String content) {
            super(URI.create("string:///" + path), JavaFileObject.Kind.SOURCE);
            this.content = content;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return content;
        }
    }
}
