/** What a person sees: lines, tables, progress and errors. */
@NullMarked
package io.cordwood.cli.console;

import org.jspecify.annotations.NullMarked;
