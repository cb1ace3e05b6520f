using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace PluginRuntime.Sdk.Analyzers;

/// <summary>Where in the source something is reported, and what is round an operation.</summary>
internal static class CodePlaces
{
    /// <summary>The name that a call calls, with its type arguments.</summary>
    internal static SyntaxNode Name(IInvocationOperation invocation) =>
        invocation.Syntax is InvocationExpressionSyntax syntax ? Name(syntax) ?? invocation.Syntax : invocation.Syntax;

    internal static SimpleNameSyntax? Name(InvocationExpressionSyntax invocation) => invocation.Expression switch
    {
        SimpleNameSyntax name => name,
        MemberAccessExpressionSyntax access => access.Name,
        MemberBindingExpressionSyntax binding => binding.Name,
        _ => null,
    };

    /// <summary>One type argument of a call as it is written; the call's name where it is inferred.</summary>
    internal static Location TypeArgument(IInvocationOperation invocation, int index) =>
        Name(invocation) is GenericNameSyntax generic && index < generic.TypeArgumentList.Arguments.Count
            ? generic.TypeArgumentList.Arguments[index].GetLocation()
            : Name(invocation).GetLocation();

    /// <summary>The type that <c>[Connector(…, Settings = typeof(T))]</c> names.</summary>
    internal static Location SettingsArgument(AttributeData attribute, System.Threading.CancellationToken cancellationToken)
    {
        var syntax = attribute.ApplicationSyntaxReference?.GetSyntax(cancellationToken) as AttributeSyntax;
        var argument = syntax?.ArgumentList?.Arguments.FirstOrDefault(each => each.NameEquals?.Name.Identifier.ValueText == "Settings")?.Expression;
        return (argument is TypeOfExpressionSyntax type ? type.Type : argument ?? (SyntaxNode?)syntax)?.GetLocation() ?? Location.None;
    }

    /// <summary>What an operation is part of, past conversions and parentheses.</summary>
    internal static IOperation? Outer(IOperation operation, out IOperation inner)
    {
        inner = operation;
        while (inner.Parent is IConversionOperation or IParenthesizedOperation)
        {
            inner = inner.Parent;
        }

        return inner.Parent;
    }

    internal static IOperation Unconverted(IOperation operation)
    {
        while (operation is IConversionOperation conversion)
        {
            operation = conversion.Operand;
        }

        return operation;
    }
}
