using System.Diagnostics.CodeAnalysis;

namespace Grpc.Core;

/// <summary>Says which static method gives the methods of a generated service base to a <see cref="ServiceBinderBase"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
public class BindServiceMethodAttribute : Attribute
{
    private const DynamicallyAccessedMemberTypes Members =
        DynamicallyAccessedMemberTypes.PublicMethods | DynamicallyAccessedMemberTypes.NonPublicMethods | DynamicallyAccessedMemberTypes.PublicProperties;

    /// <summary>Names the method.</summary>
    public BindServiceMethodAttribute([DynamicallyAccessedMembers(Members)] Type bindType, string bindMethodName)
    {
        BindType = bindType;
        BindMethodName = bindMethodName;
    }

    /// <summary>The type that has the method.</summary>
    [DynamicallyAccessedMembers(Members)]
    public Type BindType { get; }

    /// <summary>The method's name; it takes a <see cref="ServiceBinderBase"/> and an instance of the service base.</summary>
    public string BindMethodName { get; }
}
